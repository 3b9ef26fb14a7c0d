import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFairlead, type Ended } from "../cli.ts";
import { callsOf } from "../docs/markdown.ts";
import { pushImage } from "../registries/content.ts";
import { startWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await mkdir(join(world.folder, "work"));
  await writeFile(join(world.folder, "work/fairlead.yaml"), world.toWorld(configuration));
});
afterAll(() => world[Symbol.asyncDispose]());

const configuration = `version: 1
environments:
  staging: { fluxRepository: https://github.com/acme/fleet, fluxPath: apps/app, url: "https://\${{ repository.name }}.stg.acme.dev" }
  production: { fluxRepository: https://github.com/acme/fleet, fluxPath: apps/nope, after: staging }
defaults: { fluxPath: apps }
`;

/** Types a command in the folder of the configuration. */
async function type(command: string): Promise<Ended> {
  const [words = []] = callsOf("fairlead", world.toWorld(command));
  const { code, stdout, stderr } = await startFairlead(words, world.env, join(world.folder, "work")).ended;
  return { code, stdout: world.toDocuments(stdout), stderr: world.toDocuments(stderr) };
}

const deploy = "fairlead deploy ghcr.io/acme/app:1.4.3";

test("an environment of the named configuration says where a deployment goes, before the defaults", async () => {
  const { code, stdout, stderr } = await type(`${deploy} --environment staging --config fairlead.yaml --dry-run`);
  expect(code, stderr).toBe(0);
  expect(stdout.split("\n")[0]).toBe(
    "environment staging of fairlead.yaml: --flux-repository https://github.com/acme/fleet, --flux-path apps/app",
  );
});

test("a flag goes before what its environment says", async () => {
  const { code, stdout, stderr } = await type(`${deploy} --environment production --flux-path apps/app --config fairlead.yaml --dry-run`);
  expect(code, stderr).toBe(0);
  expect(stdout.split("\n")[0]).toBe("environment production of fairlead.yaml: --flux-repository https://github.com/acme/fleet");
});

/** Asks GitHub's API about the application. */
async function ask(path: string): Promise<unknown> {
  const headers = { authorization: `token ${world.env.GITHUB_TOKEN}`, "user-agent": "test" };
  return (await fetch(`${world.env.GITHUB_API_URL}/repos/acme/app/${path}`, { headers })).json();
}

test("a deployment to an environment is reported on the commit of the application, with the page of the environment", async () => {
  const { commit } = (await ask("branches/main")) as { readonly commit: { readonly sha: string } };
  const labels = {
    "org.opencontainers.image.source": world.toWorld("https://github.com/acme/app"),
    "org.opencontainers.image.revision": commit.sha,
  };
  const place = { host: world.toWorld("ghcr.io"), repository: "acme/app" };
  await pushImage(place, { platform: { os: "linux", architecture: "amd64" }, labels, tag: "1.5.0" });
  const command = "fairlead deploy ghcr.io/acme/app:1.5.0 --environment staging --config fairlead.yaml --report deployment";
  const { code, stderr } = await type(command);
  expect([code, stderr.includes("warning")], stderr).toEqual([0, false]);
  const found = (await ask("deployments")) as readonly { readonly id: number; readonly sha: string; readonly environment: string }[];
  expect(found).toMatchObject([
    { sha: commit.sha, environment: "staging", payload: { pullRequests: [world.toWorld("github.com/acme/fleet#1")] } },
  ]);
  expect(await ask(`deployments/${found[0]?.id}/statuses`)).toMatchObject([
    {
      state: "inactive",
      description: world.toWorld("github.com/acme/fleet#1 is open, and nobody follows it"),
      environment_url: "https://app.stg.acme.dev",
    },
  ]);
});

test.each([
  [
    "is not there",
    `${deploy} --environment stagin --config fairlead.yaml`,
    [
      'fairlead: there is no environment "stagin"; did you mean "staging"?',
      "hint: add it to environments in fairlead.yaml, or name another",
    ],
  ],
  [
    "is of a configuration that nobody has named",
    `${deploy} --environment staging`,
    ["fairlead: find environment staging: no configuration is named", "hint: say --config fairlead.yaml"],
  ],
  [
    "is given to a pipeline that deploys nothing",
    "fairlead retag ghcr.io/acme/app:1.4.3 edge --environment staging",
    [
      "fairlead.yaml: environments is ignored, as nobody named the file: if it is yours, add --config fairlead.yaml",
      "fairlead: retag: unknown flag --environment",
      "hint: run fairlead retag --help",
    ],
  ],
])("an environment that %s is an error, and nothing is changed", async (_, command, told) => {
  const { code, stderr } = await type(command);
  expect([code, ...stderr.trim().split("\n")]).toEqual([2, ...told]);
});
