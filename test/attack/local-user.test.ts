/** Attacks by another user of the machine, who is not root and in no group of ours. */
import { execFile, spawn } from "node:child_process";
import { chmod, chown, mkdtemp, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { engineStatus, startEngine } from "../../src/dagger/engine/native.ts";
import { hostLock, withLock } from "../../src/dagger/engine/native/lock.ts";
import { checkHost } from "../../src/dagger/engine/native/needs.ts";
import { readHost } from "../../src/dagger/engine/native/host.ts";
import { library, runFolder, socket, type EngineOptions } from "../../src/dagger/engine/native/places.ts";
import { checkRunc, parseRunc, readRunc } from "../../src/dagger/engine/native/runc.ts";
import { refuseSocketFolder } from "../../src/dagger/engine/native/socket-folder.ts";
import { follow, type Running } from "../cli.ts";

const quiet: EngineOptions = { report: () => undefined, signal: new AbortController().signal };

/** Another engine may have been chosen for the tests: it has no files here. */
const native = process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST === undefined;

const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];

/** Returns the error of a command that `nobody` runs; undefined if it succeeds. */
async function nobody(...command: readonly string[]): Promise<string | undefined> {
  return promisify(execFile)("setpriv", [...asNobody, ...command]).then(
    () => undefined,
    (error: unknown) =>
      String((error as { stderr?: string }).stderr)
        .trim()
        .replace(/^.*: /s, ""),
  );
}

/** Starts a program of `nobody` that holds sockets with abstract names, until it is stopped. */
async function holdNames(...names: readonly string[]): Promise<Running> {
  const text = `const { createServer } = require("node:net"); let left = ${names.length};
    for (const name of ${JSON.stringify(names)}) createServer().listen(name, () => --left === 0 && process.stderr.write("held"));`;
  const running = follow(spawn("setpriv", [...asNobody, process.execPath, "-e", text], { cwd: "/", stdio: ["ignore", "pipe", "pipe"] }));
  await running.printed("held");
  return running;
}

afterEach(() => vi.unstubAllEnvs());

describe.runIf(native)("another user and the engine", () => {
  test("attack 20: names that another user holds keep no run from an engine", async () => {
    await startEngine(quiet);
    const held = await holdNames("\0fairlead/engine-attack", "\0fairlead/engine.lock");
    const lines: string[] = [];
    const lock = await hostLock("tests the lock");
    expect(await withLock({ ...quiet, report: (line) => lines.push(line) }, lock, () => Promise.resolve("ours"))).toBe("ours");
    expect(lines).toEqual([]);
    held.stop("SIGKILL");
  });

  test("attack 20: a run uses an engine that answers, while the lock is held", async () => {
    const { host } = await startEngine(quiet);
    const lock = await hostLock("holds the lock for a test");
    expect(await withLock(quiet, lock, async () => (await startEngine(quiet)).host)).toBe(host);
  });

  test("attack 20: another user can neither hold the engine's lock nor read who has it", async () => {
    const { path } = await hostLock("tests the lock");
    await withLock(quiet, { path, doing: "tests the lock" }, async () => {
      expect([await nobody("flock", "--nonblock", path, "true"), await nobody("cat", path), await nobody("ls", runFolder)]).toEqual([
        "Permission denied",
        "Permission denied",
        "Permission denied",
      ]);
    });
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe("600");
  });

  test("attack 22: another user reads neither layers, nor caches, nor the log, nor the engine's record", async () => {
    await startEngine(quiet);
    const { state, log } = await engineStatus();
    expect(((await stat(state)).mode & 0o777).toString(8)).toBe("700");
    expect([await nobody("ls", state), await nobody("cat", log), await nobody("cat", join(runFolder, "engine.json"))]).toEqual([
      "Permission denied",
      "Permission denied",
      "Permission denied",
    ]);
  });

  test("attack 53: another user opens neither the engine's socket nor its folder", async () => {
    await startEngine(quiet);
    const connect = `require("node:net").connect(${JSON.stringify(socket)}).on("error", (error) => { process.stderr.write(": " + error.code); process.exit(1); })`;
    expect([await nobody("ls", dirname(socket)), await nobody(process.execPath, "-e", connect)]).toEqual(["Permission denied", "EACCES"]);
  });

  test("attack L1: a member of the socket's group could not put another socket in its place", async () => {
    await startEngine(quiet);
    const { uid, mode } = await stat(dirname(socket));
    expect({ uid, group: (mode & 0o020).toString(8), others: (mode & 0o007).toString(8) }).toEqual({ uid: 0, group: "0", others: "0" });
  });

  test("attack L4: a socket in a folder of another user, or into which others may write, is not used", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-socket-"));
    const refused = (): Promise<string | undefined> => refuseSocketFolder(folder).then((error) => error?.message);
    const why = `use engine: not only root may put a socket into ${folder}`;
    expect(await refused()).toBeUndefined();
    await chmod(folder, 0o1777);
    expect(await refused()).toBe(why);
    await chmod(folder, 0o700);
    await chown(folder, 65534, 0);
    expect(await refused()).toBe(why);
    await rm(folder, { recursive: true });
  });

  test("attack L2: a state folder into which another user may write is refused before the start", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-state-"));
    await chmod(folder, 0o777);
    vi.stubEnv("FAIRLEAD_ENGINE_STATE", folder);
    const facts = await readHost();
    expect(() => checkHost(facts, ["privateState"])).toThrow(
      `start engine: others may write to ${folder}, and so put files of theirs into it`,
    );
    await rm(folder, { recursive: true });
  });

  test("attack L3: another user can change no program that the engine runs as root", async () => {
    const { cli } = await startEngine(quiet);
    const program = await readlink(`/proc/${String((await engineStatus()).pid)}/exe`);
    const paths = [library, join(library, "runc"), join(library, "dagger-init"), join(library, "cni"), dirname(cli), dirname(program)];
    const modes = await Promise.all(paths.map(async (path) => ((await stat(path)).mode & 0o022).toString(8)));
    expect(modes).toEqual(paths.map(() => "0"));
  });
});

describe("attack 23: a runc that containers can leave", () => {
  test.runIf(native)("attack 23: the engine's runc is ours, with the fixes of November 2025, and filters system calls", async () => {
    await startEngine(quiet);
    expect([await readRunc(join(library, "runc")), (await engineStatus()).runc]).toEqual([{ version: "1.3.3", seccomp: true }, "1.3.3"]);
  });

  const said = (version: string, rest = "libseccomp: 2.5.4\n"): string => `runc version ${version}\nspec: 1.2.1\ngo: go1.25.5\n${rest}`;

  test.each(["1.2.8", "1.3.3", "1.3.10", "1.4.0", "2.0.0"])("attack 23: runc %s is used", (version) => {
    expect(() => checkRunc(parseRunc(said(version)))).not.toThrow();
  });

  test.each([
    ["Debian's 1.1.5", said("1.1.5+ds1"), "containers can leave its runc 1.1.5+ds1 (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881)"],
    ["1.2.7", said("1.2.7"), "containers can leave its runc 1.2.7 (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881)"],
    ["1.3.2", said("1.3.2"), "containers can leave its runc 1.3.2 (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881)"],
    ["one without seccomp", said("1.3.3", ""), "its runc 1.3.3 was compiled without seccomp, so it filters no system calls"],
    ["something else", "crun version 1.8", "its runc has no known version"],
  ])("attack 23: %s is refused", (_, text, why) => {
    expect(() => checkRunc(parseRunc(text))).toThrow(`start engine: ${why}`);
  });
});
