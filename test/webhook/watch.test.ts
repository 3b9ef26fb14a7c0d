import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Store } from "../../webhook/store.ts";
import { openSqlite } from "../../webhook/stores/sqlite.ts";
import { bin, follow, startFairlead, type Running } from "../cli.ts";
import { controlC, startInTerminal, withoutCodes } from "../doubles/terminal.ts";
import { startListener } from "./listener.ts";
import { delivery, run } from "./store/bed.ts";

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let store: Store;
const started: Running[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-watch-"));
  await writeFile(join(folder, "fairlead.yaml"), "version: 1\n");
  store = await openSqlite(join(folder, "fairlead.db"));
});
afterEach(() => started.splice(0).forEach((each) => each.stop("SIGKILL")));
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a command that goes on. Its stdout is in `said`, as that of its stderr. */
function start(...args: readonly string[]): Running {
  const running = startFairlead(args, {}, folder);
  started.push(running);
  return running;
}

const at = new Date("2026-01-02T03:04:05Z");

async function claimed(id: string) {
  const { runs } = await store.accept(delivery(id), [run(`lane ${id}`)]);
  const claim = await store.claim("worker", 60_000);
  expect(claim?.id).toBe(runs[0]);
  return claim!;
}

test("fairlead runs log -f prints the lines of a run as they come, and ends with it", async () => {
  const claim = await claimed("followed");
  await store.log(claim, [{ at, text: "first" }]);
  const following = start("runs", "log", "-f", claim.id.slice(-8));
  await following.wrote("2026-01-02T03:04:05.000Z first\n");
  await store.log(claim, [
    { at, text: "second" },
    { at, text: "third" },
  ]);
  await following.wrote("third\n");
  await store.log(claim, [{ at, text: "last" }]);
  await store.finish(claim, { state: "succeeded", result: null });
  expect(await following.ended).toEqual({
    code: 0,
    stdout: ["first", "second", "third", "last"].map((text) => `2026-01-02T03:04:05.000Z ${text}\n`).join(""),
    stderr: `run ${claim.id.slice(-8)}: succeeded\n`,
  });
  const again = await start("runs", "log", "--follow", claim.id, "--json").ended;
  expect((JSON.parse(again.stdout) as { text: string }[]).map(({ text }) => text)).toEqual(["first", "second", "third", "last"]);
});

test("Ctrl-C ends runs log -f at once with 130, without a word, and the run goes on", async () => {
  const claim = await claimed("left");
  await store.log(claim, [{ at, text: "first" }]);
  const following = start("runs", "log", claim.id, "-f");
  await following.wrote("first\n");
  following.stop("SIGINT");
  expect(await following.ended).toEqual({ code: 130, stdout: "2026-01-02T03:04:05.000Z first\n", stderr: "" });
  await store.finish(claim, { state: "succeeded", result: null });
});

test("fairlead runs log -f ends when nobody reads what it prints", async () => {
  const claim = await claimed("piped");
  await store.log(claim, [{ at, text: "first" }]);
  const line = `'${process.execPath}' '${bin}' runs log -f ${claim.id} | head -n 1`;
  const piped = follow(spawn("sh", ["-c", line], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }));
  started.push(piped);
  await piped.wrote("first\n");
  const writing = setInterval(() => void store.log(claim, [{ at, text: "more" }]), 200);
  try {
    expect(await piped.ended).toEqual({ code: 0, stdout: "2026-01-02T03:04:05.000Z first\n", stderr: "" });
  } finally {
    clearInterval(writing);
  }
});

test("fairlead runs list --watch prints each run, and again when its state changes, until Ctrl-C", async () => {
  const claim = await claimed("watched");
  const watching = start("runs", "list", "--watch", "--lane", "lane watched");
  await watching.wrote("running");
  await store.finish(claim, { state: "skipped", reason: "out of date", outdated: true });
  await watching.wrote("out of date\n");
  watching.stop("SIGINT");
  const { code, stdout, stderr } = await watching.ended;
  const lines = stdout.replaceAll(claim.id.slice(-8), "RUN-ID--").replaceAll(/\S+Z\b/g, "TIME");
  expect({ code, stderr, lines: lines.split("\n").map((each) => each.replaceAll(/ +/g, " ").trim()) }).toEqual({
    code: 130,
    stderr: "",
    lines: [
      "RUN STATE PIPELINE LANE ATTEMPT CREATED WHY",
      "RUN-ID-- running ship lane watched 1/2 TIME",
      "RUN-ID-- skipped ship lane watched 1/2 TIME out of date",
      "",
    ],
  });
});

test("fairlead runs list --watch with --json is an input error", async () => {
  expect(await start("runs", "list", "--watch", "--json").ended).toMatchObject({
    code: 2,
    stderr: "fairlead: runs: --watch goes on, and --json prints one document\nhint: leave out one of the two\n",
  });
});

test("serve writes lines for a person to a terminal, of its workers too, and Ctrl-C ends it", async () => {
  const own = join(folder, "own.yaml");
  await writeFile(own, "version: 1\nstore: sqlite:own.db\nlisten: { port: 0 }\n");
  await using terminal = startInTerminal([process.execPath, bin, "serve", "--config", own], { env: { HOME: folder } });
  await terminal.printed("listening");
  terminal.press(controlC);
  const { written } = await terminal.ended;
  expect(
    withoutCodes(written)
      .replaceAll("^C", "")
      .replaceAll(/^\d\d:\d\d:\d\d/gm, "TIME")
      .replaceAll(/port=\d+/g, "port=N"),
  ).toMatchInlineSnapshot(`
    "TIME  listening  host=127.0.0.1  port=N  sources=0  routes=0
    TIME  stopping
    "
  `);
});

test("the log says of a run whose attempt failed that it is queued again, and why, and then that it is parked", async () => {
  const route = {
    name: "tell",
    when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "main" },
    run: "notify",
    with: { message: "hi", to: ["slack:C0RELEASES"] },
    attempts: 2,
  };
  const settings = { credentials: { slack: { token: "env:SLACK" } }, servers: { slack: { api: "http://127.0.0.1:1/api/" } } };
  await using listener = await startListener({ ...settings, routes: [route] }, { SLACK: "xoxb-canary" });
  const commit = "c".repeat(40);
  const push = { kind: "push", repository: "github.com/acme/app", branch: "main", commit, before: null } as const;
  const { body } = await listener.deliver(push);
  const [id = ""] = body.runs as string[];
  await listener.run(id, "parked");
  const left = (): Record<string, unknown>[] =>
    listener
      .log()
      .split("\n")
      .filter((line) => line.includes('"run left"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await vi.waitFor(() => expect(left()).toHaveLength(2), { timeout: 30_000 });
  expect(left().map(({ state, attempt, error }) => ({ state, attempt, error }))).toEqual(
    ["queued", "parked"].map((state, index) => ({
      state,
      attempt: index + 1,
      error: expect.stringContaining("Slack cannot be reached") as string,
    })),
  );
});
