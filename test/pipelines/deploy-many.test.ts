import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

/** Sixteen applications in four files, so that runs meet in the same files. */
const names = Array.from({ length: 16 }, (_, at) => `app-${String(at).padStart(2, "0")}`);
const filesOf = (registry: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(names, (name) => `apps/${Number(name.slice(4)) % 4}.yaml`)).map(([path, apps = []]) => [
      path,
      apps.map((app) => `kind: Pod\nspec:\n  containers:\n    - image: ${registry}/acme/${app}:1.0.0\n`).join("---\n"),
    ]),
  );

let registry: Registry;
let flux: Flux;

beforeAll(async () => {
  registry = await startImages();
});
beforeEach(async () => {
  flux = await startFlux(registry, { files: filesOf(registry.host) });
});
afterEach(() => flux[Symbol.asyncDispose]());
afterAll(() => registry.stop());

const deployed = async (): Promise<readonly string[]> => {
  const texts = await Promise.all([0, 1, 2, 3].map((at) => flux.read(`apps/${at}.yaml`)));
  return texts.flatMap((text) => [...text.matchAll(/acme\/(\S+)/g)].map(([, image = ""]) => image)).sort();
};
const wanted = names.map((name) => `${name}:2.0.0`);

test("sixteen commits straight to one branch at once all land, and no edit is lost", async () => {
  await Promise.all(names.map((name) => flux.deployHere({ images: [flux.image("2.0.0", `acme/${name}`)], direct: true, unchecked: true })));
  expect(await deployed()).toEqual(wanted);
});

test("sixteen pull requests that are opened at once and merged in turn all land, and no edit is lost", async () => {
  const opened = await Promise.all(
    names.map((name) => flux.deployHere({ images: [flux.image("2.0.0", `acme/${name}`)], unchecked: true })),
  );
  expect(opened.map(({ pullRequest }) => pullRequest?.number).sort((a, b) => Number(a) - Number(b))).toEqual(names.map((_, at) => at + 1));
  for (const [at, name] of names.entries()) {
    // A run before each merge makes those anew whose files have changed.
    const { pullRequest } = await flux.deployHere({ images: [flux.image("2.0.0", `acme/${name}`)], unchecked: true });
    expect(pullRequest).toEqual(opened[at]?.pullRequest);
    await flux.github.mergePull("acme/flux", pullRequest?.number ?? 0);
  }
  expect(await deployed()).toEqual(wanted);
  expect(flux.github.pulls("acme/flux").map(({ merged }) => merged)).toEqual(names.map(() => true));
});
