import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "../../../../src/dagger/engine/native/lock.ts";
import type { EngineOptions } from "../../../../src/dagger/engine/native/places.ts";
import { follow, type Running } from "../../../cli.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-lock-"));
  path = join(folder, "engine.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = fileURLToPath(new URL("lock-process.ts", import.meta.url));
const quiet: EngineOptions = { report: () => undefined, signal: new AbortController().signal };

/** Starts a process that holds the lock until it is stopped. */
async function holder(doing: string): Promise<Running> {
  const running = follow(spawn(process.execPath, [program, path, doing], { stdio: ["ignore", "pipe", "pipe"] }));
  await running.printed("locked");
  return running;
}

test("ten holders of one lock in one process work one after the other", async () => {
  let within = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++within);
    await new Promise(setImmediate);
    within--;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLock(quiet, { path, doing: "counts" }, work)));
  expect({ most, mode: ((await stat(path)).mode & 0o777).toString(8), text: await readFile(path, "utf8") }).toEqual({
    most: 1,
    mode: "600",
    text: "",
  });
});

test("a wait for a lock is reported with the process that holds it and what that does", async () => {
  const held = await holder("compiles the engine into /root/.cache");
  const told = Promise.withResolvers<string>();
  const work = withLock({ ...quiet, report: told.resolve }, { path, doing: "starts the engine" }, () => readFile(path, "utf8"));
  expect(await told.promise).toBe(`waiting for process ${held.pid}, which compiles the engine into /root/.cache`);
  held.stop("SIGKILL");
  expect(JSON.parse(await work)).toEqual({ pid: process.pid, doing: "starts the engine" });
});

test("a lock whose holder was killed is free, and nobody is named as its holder", async () => {
  const held = await holder("starts the engine");
  held.stop("SIGKILL");
  await held.ended;
  const lines: string[] = [];
  expect(await withLock({ ...quiet, report: (line) => lines.push(line) }, { path, doing: "stops the engine" }, () => Promise.resolve(1))).toBe(1);
  expect(lines).toEqual([]);
});

test("two waiters of a lock whose file was removed meanwhile still work one after the other", async () => {
  const held = await holder("starts the engine");
  const order: string[] = [];
  const first = withLock(quiet, { path, doing: "waits" }, async () => {
    order.push("first");
    await rm(path);
    await writeFile(path, "");
  });
  held.stop("SIGKILL");
  await first;
  await withLock(quiet, { path, doing: "comes later" }, () => Promise.resolve(order.push("second")));
  expect(order).toEqual(["first", "second"]);
});

test("an aborted wait for a lock is canceled and leaves the lock to its holder", async () => {
  const held = await holder("starts the engine");
  const abort = new AbortController();
  const waiting = withLock({ ...quiet, signal: abort.signal }, { path, doing: "waits" }, () => Promise.resolve("never"));
  setImmediate(() => abort.abort());
  await expect(waiting).rejects.toMatchObject({ code: "canceled", message: "wait for lock: canceled" });
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ pid: held.pid, doing: "starts the engine" });
  held.stop("SIGKILL");
});

test("a lock that is a link to another file is refused, and the file is left as it is", async () => {
  const other = join(folder, "other");
  await writeFile(other, "mine");
  await symlink(other, path);
  await expect(withLock(quiet, { path, doing: "waits" }, () => Promise.resolve("never"))).rejects.toMatchObject({ code: "ELOOP" });
  expect(await readFile(other, "utf8")).toBe("mine");
});

test("an error under a lock gives the lock back", async () => {
  const fails = withLock(quiet, { path, doing: "fails" }, () => Promise.reject(new Error("it failed")));
  await expect(fails).rejects.toThrow("it failed");
  expect(await withLock(quiet, { path, doing: "works" }, () => Promise.resolve("free"))).toBe("free");
});
