import { expect, test } from "vitest";
import { z } from "zod";
import { FairleadError } from "../../src/core/errors.ts";
import type { Images } from "../../src/core/registry/images.ts";
import type { Registry, RepositorySetup } from "../../src/core/registry/registry.ts";
import type { Ports } from "../../src/core/run/ports.ts";
import { definePipeline, runPipeline } from "../../src/core/run/pipeline.ts";
import { pushStep } from "../../src/steps/push.ts";
import { noPorts, quietRun } from "../core/run/run.ts";

const image = { registry: "registry.example.com", repository: "acme/app" };
const build = { name: "app", identity: undefined, notClean: "it is no commit", annotations: {}, containers: () => Promise.resolve([]) };
const push = definePipeline({
  name: "push",
  summary: "Push",
  examples: ["push"],
  runs: "their code",
  input: z.object({}),
  output: z.object({}),
  steps: [pushStep],
  async run(ctx) {
    await ctx.run(pushStep, { image, tags: ["latest"], build, rebuild: false });
    return {};
  },
});

/** Pushes to a registry that has no such repository, and returns the hint of the error. */
async function hintOf(repository: RepositorySetup | undefined): Promise<string | undefined> {
  const images = {
    describe: () => Promise.resolve(undefined),
    checkPush: () => Promise.reject(new FairleadError("not_found", "push: registry.example.com has no such repository")),
  } as unknown as Images;
  const registry = { login: () => Promise.resolve(undefined), repository } as unknown as Registry;
  const failure = new FairleadError("build_failed", "push: the engine has only a text");
  let builds = 1;
  const dagger = (() => (builds-- > 0 ? Promise.resolve([]) : Promise.reject(failure))) as Ports["dagger"];
  const ports = (): Ports => ({ ...noPorts, images, registry: () => registry, dagger });
  return runPipeline(push, quietRun({ ports }), {}).then(
    () => expect.unreachable("it did not fail"),
    (error: FairleadError) => error.hint,
  );
}

test("a push to a missing repository hints at --create-repository, where a registry does not make one itself", async () => {
  expect(await hintOf({} as RepositorySetup)).toBe("add --create-repository");
  expect(await hintOf(undefined)).toBeUndefined();
});
