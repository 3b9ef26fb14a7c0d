import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { places } from "../../src/dagger/engine/native/places.ts";
import { fairlead, follow, startFairlead, type Running } from "../cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-engine-"));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
afterEach(() => vi.unstubAllEnvs());

/** Compiles the engine into an empty cache, with Go's temporary files in a known folder. */
function build(env: Readonly<Record<string, string>> = {}): Running {
  return startFairlead(["engine", "build", "--json"], { XDG_CACHE_HOME: folder, TMPDIR: folder, GOCACHE: join(folder, "go"), ...env });
}

const noModules = (): Record<string, string> => ({ GOMODCACHE: join(folder, "modules"), GOPROXY: "off" });
const compiling = "engine: no engine is compiled at ";

test("a compilation begins with lines that say how long it takes, how much disk, and how to use another engine", async () => {
  const { code, stdout, stderr } = await build(noModules()).ended;
  expect({ code, error: JSON.parse(stdout) as unknown }).toMatchObject({ code: 75, error: { error: { code: "unavailable" } } });
  expect(stderr.replaceAll(folder, "CACHE").split("\n").slice(0, 3)).toEqual([
    "engine build: started",
    expect.stringMatching(
      /^engine: no engine is compiled at CACHE\/fairlead\/engine\/v\S+: compiling Dagger v0\.19\.10, once, about \d+ min and \d+ GB of disk$/,
    ),
    "engine: to use another engine, stop this and set FAIRLEAD_ENGINE to its address, or XDG_CACHE_HOME to where one is compiled",
  ]);
});

test("Ctrl-C ends a compilation with 130, and leaves neither files nor a compiler that works on", async () => {
  const running = build();
  await running.printed(compiling);
  await compilerStarted();
  running.stop("SIGINT");
  const { code, stdout } = await running.ended;
  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 130,
    answer: {
      error: {
        code: "canceled",
        message: "stopped by SIGINT",
        hint: "run it again",
        problems: [{ file: null, line: null, column: null, path: null, message: "stopped by SIGINT" }],
      },
    },
  });
  expect(await compilers()).toEqual([]);
  expect(await readdir(join(folder, "fairlead", "engine"))).toEqual([]);
  expect((await readdir(folder)).filter((name) => /^go-build\d/.test(name))).toEqual([]);
});

test("a killed compilation leaves no compiler that works on, and the next one removes its files", async () => {
  const running = build();
  await running.printed(compiling);
  await compilerStarted();
  running.stop("SIGKILL");
  await running.ended;
  await expect.poll(compilers, { timeout: 60_000 }).toEqual([]);
  expect(await readdir(join(folder, "fairlead", "engine"))).toHaveLength(1);
  expect((await build(noModules()).ended).code).toBe(75);
  expect(await readdir(join(folder, "fairlead", "engine"))).toEqual([]);
});

test("engine build waits while another process compiles, says so, and then uses what that one has compiled", async () => {
  vi.stubEnv("XDG_CACHE_HOME", folder);
  const { cacheLock, cache, sdk } = await places();
  await mkdir(dirname(cacheLock), { recursive: true });
  const program = fileURLToPath(new URL("../dagger/engine/native/lock-process.ts", import.meta.url));
  const args = [program, cacheLock, "compiles the engine"];
  const other = follow(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] }));
  await other.printed("locked");
  const waiting = build(noModules());
  await waiting.printed(`engine: waiting for process ${String(other.pid)}, which compiles the engine\n`);
  for (const done of [cache, sdk]) await mkdir(done, { recursive: true });
  other.stop("SIGKILL");
  const { code, stdout, stderr } = await waiting.ended;
  expect({ code, programs: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, programs: { engine: join(cache, "engine") } });
  expect(stderr).not.toContain(compiling);
});

/** Another engine may have been chosen for the tests: then none of this machine runs. */
const native = process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST === undefined;

test.runIf(native)("engine env of a user with another cache prints the shell's variables alone, and compiles nothing", async () => {
  await fairlead(["engine", "start"]);
  const { code, stdout, stderr } = await fairlead(["engine", "env"], { XDG_CACHE_HOME: folder, HOME: folder });
  const client = /^export _EXPERIMENTAL_DAGGER_CLI_BIN='(.*)'$/m.exec(stdout)?.[1] ?? "";
  expect({ code, stderr, left: await readdir(folder) }).toEqual({ code: 0, stderr: "", left: [] });
  expect(stdout).toMatch(
    new RegExp(`^export PATH='${dirname(client)}:.*'\nexport _EXPERIMENTAL_DAGGER_RUNNER_HOST='unix:///run/dagger/engine.sock'$`, "m"),
  );
  expect(await readdir(dirname(client))).toEqual(["dagger"]);
});

test.runIf(native)("engine status tells another user that the engine's socket is closed to it", async () => {
  await fairlead(["engine", "start"]);
  const bin = fileURLToPath(new URL("../../bin/fairlead.ts", import.meta.url));
  const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, bin, "engine", "status"];
  const { code, stderr } = await follow(spawn("setpriv", asNobody, { stdio: ["ignore", "pipe", "pipe"], env: { HOME: "/" } })).ended;
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: `fairlead: use engine: user 65534 may not open /run/dagger/engine.sock
hint: run it as root, or as a member of the group that FAIRLEAD_ENGINE_GROUP named when the engine was started
`,
  });
});

/** Waits until a compiler works. */
async function compilerStarted(): Promise<void> {
  await expect.poll(async () => (await compilers()).length, { timeout: 60_000 }).toBeGreaterThan(0);
}

/** Returns the processes of Go whose compiled packages go into our folder, and that have not ended. */
async function compilers(): Promise<readonly string[]> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const commands = await Promise.all(
    numbers.map(async (pid) => {
      const ours = (await read(pid, "environ")).includes(`GOCACHE=${join(folder, "go")}`);
      const command = (await read(pid, "cmdline")).split("\0")[0] ?? "";
      return ours && /\/(compile|asm|link)$/.test(command) ? command : undefined;
    }),
  );
  return commands.filter((command) => command !== undefined);
}
