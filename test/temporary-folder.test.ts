import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, lstat, mkdir, readdir, symlink, watch, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startOf } from "../src/process.ts";
import { makeTemporaryFolder } from "../src/temporary-folder.ts";
import { startFairlead } from "./cli.ts";
import { startRegistry } from "./doubles/registry.ts";
import { createFolder } from "./doubles/server.ts";

const shortened = (number: string | number): string => Number(number).toString(36);

async function temporary(): Promise<string> {
  const stack = new AsyncDisposableStack();
  onTestFinished(() => stack.disposeAsync());
  return await createFolder(stack, "temporary");
}

/** Returns a server that answers no request, until it is told to answer that there is nothing. */
async function silentServer() {
  const asked = Promise.withResolvers<undefined>();
  const told = { answers: false };
  const server = createServer((_, response) => {
    asked.resolve(undefined);
    if (told.answers) response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise, told };
}

test("a run that was killed leaves folders, and the next run removes them and leaves nothing", async () => {
  const folder = await temporary();
  const server = await silentServer();
  const killed = startFairlead(["build", `${server.url}/acme/app`, "--image", "ghcr.io/acme/app", "--dry-run"], { TMPDIR: folder });
  await server.asked;
  killed.stop("SIGKILL");
  expect((await killed.ended).code).toBe(null);
  const left = (await readdir(folder)).filter((name) => name.startsWith("fairlead-"));
  expect(left.length).toBeGreaterThan(0);
  server.told.answers = true;
  expect(await leftAfterCall(folder, server)).toEqual({ code: 4, left: [] });
});

test("a build that was killed with an engine leaves a folder, and the next build removes it and leaves nothing", async () => {
  const [folder, source] = [await temporary(), await temporary()];
  await writeFile(join(source, "Dockerfile"), "FROM scratch\nCOPY . /\n");
  const registry = await startRegistry();
  onTestFinished(() => registry.stop());
  const call = ["build", "--source", source, "--image", `${registry.host}/acme/app:1`];
  const killed = startFairlead(call, { TMPDIR: folder });
  for await (const { filename } of watch(folder)) if (filename?.startsWith("fairlead-docker-") === true) break;
  killed.stop("SIGKILL");
  expect((await killed.ended).code).toBe(null);
  const next = await startFairlead(call, { TMPDIR: folder }).ended;
  expect(next.code, next.stderr).toBe(0);
  expect((await readdir(folder)).filter((name) => name !== "node-compile-cache")).toEqual([]);
}, 120_000);

/** Runs a call that needs Git, with this folder for temporary ones, and returns what is in the folder after it. */
async function leftAfterCall(folder: string, { url }: { readonly url: string }): Promise<{ code: number | null; left: readonly string[] }> {
  const call = ["build", `${url}/acme/app`, "--image", `${url.slice("http://".length)}/acme/app`, "--dry-run"];
  const { code } = await startFairlead(call, { TMPDIR: folder }).ended;
  return { code, left: (await readdir(folder)).filter((name) => name !== "node-compile-cache").sort() };
}

/** Returns how a folder is called that a process with this id and start makes, with any six letters at the end. */
async function namer(): Promise<(pid: string, start: string) => string> {
  vi.stubEnv("TMPDIR", await temporary());
  const parts = basename(makeTemporaryFolder("fairlead-run")).split("-");
  vi.unstubAllEnvs();
  let made = 0;
  return (pid, start) => [...parts.slice(0, 2), pid, start, parts[4], String(++made).padStart(6, "0")].join("-");
}

/** Returns the id and the start of a process that has ended. */
async function endedProcess(): Promise<readonly [pid: string, start: string]> {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const ended = [shortened(child.pid ?? 0), shortened(startOf(child.pid ?? 0) ?? 0)] as const;
  child.kill("SIGKILL");
  await once(child, "exit");
  return ended;
}

test("a folder is removed only where its process is gone, it is a folder, and it is this user's and of this place", async () => {
  const parent = await temporary();
  const target = await temporary();
  const nameOf = await namer();
  const ended = await endedProcess();
  const [own, start] = [shortened(process.pid), shortened(startOf(process.pid) ?? 0)];
  const names = {
    gone: nameOf(...ended),
    reused: nameOf(own, shortened(1)),
    alive: nameOf(own, start),
    used: nameOf(...ended),
    elsewhere: nameOf(...ended).replace(/-[a-f0-9]{6}-/, "-000000-"),
    foreign: nameOf(...ended),
    former: "fairlead-git-a1B2c3",
    other: "something-else",
  };
  for (const name of Object.values(names)) await mkdir(join(parent, name, "inner"), { recursive: true });
  await writeFile(join(parent, names.used, `.${own}-${start}`), "");
  const link = nameOf(...ended);
  await symlink(target, join(parent, link));
  const file = nameOf(...ended);
  await writeFile(join(parent, file), "");
  const isRoot = process.getuid?.() === 0; // nobody else can give a folder away
  if (isRoot) await chown(join(parent, names.foreign), 65_534, 65_534);
  const kept = [names.alive, names.used, names.elsewhere, ...(isRoot ? [names.foreign] : []), names.former, names.other, link, file];
  const server = await silentServer();
  server.told.answers = true;
  expect(await leftAfterCall(parent, server)).toEqual({ code: 4, left: kept.sort() });
  expect((await lstat(target)).isDirectory()).toBe(true);
});

test("a folder within that of a run has a short name, and keeps the outer one as long as its process lives", async () => {
  vi.stubEnv("TMPDIR", await temporary());
  onTestFinished(() => void vi.unstubAllEnvs());
  const outer = makeTemporaryFolder("fairlead-run");
  vi.stubEnv("TMPDIR", outer);
  const inner = makeTemporaryFolder("fairlead-git");
  expect(inner.slice(outer.length)).toMatch(/^\/fairlead-git-[A-Za-z0-9]{6}$/);
  expect(await readdir(outer)).toEqual([`.${shortened(process.pid)}-${shortened(startOf(process.pid) ?? 0)}`, basename(inner)]);
});
