import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFairlead, type Running } from "../cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-engine-"));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));

/** Compiles the engine into an empty cache, with Go's temporary files in a known folder. */
function build(env: Readonly<Record<string, string>> = {}): Running {
  return startFairlead(["engine", "build", "--json"], { XDG_CACHE_HOME: folder, TMPDIR: folder, ...env });
}

const compiling = "engine: compiling the Dagger engine v0.19.10, once for this machine: ";

test("slow work of the engine is reported without --verbose, on stderr alone", async () => {
  const { code, stdout, stderr } = await build({ GOMODCACHE: join(folder, "modules"), GOPROXY: "off" }).ended;
  expect({ code, error: JSON.parse(stdout) as unknown }).toMatchObject({ code: 75, error: { error: { code: "unavailable" } } });
  expect(stderr).toContain(`engine build: started\n${compiling}`);
});

test("Ctrl-C ends a compilation with 130, and leaves nothing behind", async () => {
  const running = build();
  await running.printed(compiling);
  await goStarted(folder);
  running.stop("SIGINT");
  const { code, stdout } = await running.ended;
  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 130,
    answer: { error: { code: "canceled", message: "stopped by SIGINT", hint: "run it again: finished steps are not repeated" } },
  });
  expect(await readdir(join(folder, "fairlead", "engine"))).toEqual([]);
  expect((await readdir(folder)).filter((name) => /^go-build\d/.test(name))).toEqual([]);
});

/** Waits until Go has begun to compile: it has temporary files then. */
async function goStarted(cache: string): Promise<void> {
  await expect
    .poll(async () => (await readdir(cache, { recursive: true })).some((path) => /engine\/.*\/go-build\d+$/.test(path)), {
      timeout: 60_000,
    })
    .toBe(true);
}
