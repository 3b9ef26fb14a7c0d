import { afterAll, beforeAll, expect, test } from "vitest";
import { engineStatus } from "../src/dagger/engine/native.ts";
import { startFairlead } from "./cli.ts";
import { applicationFiles, startWorld, type World } from "./pipelines/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

// Only the native engine may be killed.
const ours = process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST === undefined;

test.runIf(ours)("an engine that dies during a build is one line with its log, and a second run finishes", async () => {
  const slow = `FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "sh", "-c", "echo building; sleep 600"]\n`;
  await world.github.commit("acme/app", { branch: "main", files: await applicationFiles(slow), message: "Take long" });
  const build = startFairlead(
    ["build", `${world.github.url}/acme/app`, "--image", `${world.registry.host}/acme/app:dies`, "--verbose"],
    world.env,
  );
  await build.printed("building");
  const { pid, log } = await engineStatus();
  process.kill(pid!, "SIGKILL");
  const { code, stderr } = await build.ended;
  const failure = stderr.slice(stderr.indexOf("fairlead: "));
  expect(code).toBe(75);
  expect(failure).toMatch(/^fairlead: build 127\.0\.0\.1:\d+\/acme\/app@[0-9a-f]{12}: .*\nhint: /);
  expect(failure).toContain(log);

  await world.github.commit("acme/app", { branch: "main", files: await applicationFiles(), message: "Be quick again" });
  const again = await world.run("build", `${world.github.url}/acme/app`, "--image", `${world.registry.host}/acme/app:dies`, "--json");
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ tags: ["dies"] });
});
