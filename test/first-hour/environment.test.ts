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
  canary: { fluxRepository: https://github.com/acme/fleet, fluxPath: apps/app, after: [staging, empty] }
  empty: { fluxPath: ./docs/ }
defaults: { fluxPath: apps }
`;

/** Types a command in the folder of the configuration. */
async function type(command: string): Promise<Ended> {
  const [words = []] = callsOf("fairlead", world.toWorld(command));
  const { code, stdout, stderr } = await startFairlead(words, world.env, join(world.folder, "work")).ended;
  return { code, stdout: world.toDocuments(stdout), stderr: world.toDocuments(stderr) };
}

const deploy = "fairlead deploy ghcr.io/acme/app:1.4.3";

function toProduction(tag: string): string {
  return `fairlead deploy ghcr.io/acme/app:${tag} --environment production --flux-path apps/app --config fairlead.yaml`;
}

test("an environment of the named configuration says where a deployment goes, before the defaults", async () => {
  const { code, stdout, stderr } = await type(`${deploy} --environment staging --config fairlead.yaml --dry-run`);
  expect(code, stderr).toBe(0);
  expect(stdout.split("\n")[0]).toBe(
    "environment staging of fairlead.yaml: --flux-repository https://github.com/acme/fleet, --flux-path apps/app",
  );
});

test("a flag goes before what its environment says", async () => {
  const { code, stdout, stderr } = await type(`${toProduction("1.4.2")} --dry-run`);
  expect(code, stderr).toBe(0);
  expect(stdout.split("\n")[0]).toBe("environment production of fairlead.yaml: --flux-repository https://github.com/acme/fleet");
});

const ship = "fairlead ship https://github.com/acme/app --image ghcr.io/acme/app --environment production --config fairlead.yaml";

test.each([
  [
    "another image is deployed to the one before it",
    toProduction("1.4.3"),
    "fairlead: deploy ghcr.io/acme/app:1.4.3 to production: staging has ghcr.io/acme/app:1.4.2 (github.com/acme/fleet apps/app)",
    "staging",
  ],
  [
    "the commit is not built yet",
    ship,
    "fairlead: deploy ghcr.io/acme/app:sha-ID to production: staging has not got it, as it is not built yet (github.com/acme/fleet apps/app)",
    "staging",
  ],
  [
    "one of those before it has no reference to the image",
    "fairlead deploy ghcr.io/acme/app:1.4.2 --environment canary --config fairlead.yaml",
    "fairlead: deploy ghcr.io/acme/app:1.4.2 to canary: empty has no reference to ghcr.io/acme/app (github.com/acme/fleet docs)",
    "empty",
  ],
])("nothing is deployed to an environment that comes after others where %s, in a dry run neither", async (_, command, told, first) => {
  for (const each of [command, `${command} --dry-run`]) {
    const { code, stderr } = await type(each);
    const lines = stderr.trim().split("\n");
    expect([code, ...lines.slice(-2)], stderr).toEqual([5, told, `hint: deploy it to ${first} first`]);
  }
  expect(await ask("pulls", "acme/fleet")).toEqual([]);
});

test("the same digest under another tag is deployed to an environment that comes after others", async () => {
  const place = { host: world.toWorld("ghcr.io"), repository: "acme/app" };
  await pushImage(place, { platform: { os: "linux", architecture: "amd64" }, labels: { tag: "1.4.2" }, tag: "1.4.2-final" });
  const { code, stdout, stderr } = await type(`${toProduction("1.4.2-final")} --dry-run`);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("+          image: ghcr.io/acme/app:1.4.2-final");
});

test("an environment that says nowhere what it has cannot come before another", async () => {
  const file = "nowhere.yaml";
  const text = "version: 1\nenvironments: { staging: { url: https://stg.acme.dev }, production: { fluxPath: apps, after: staging } }\n";
  await writeFile(join(world.folder, "work", file), text);
  const { code, stderr } = await type(`${deploy} --environment production --config ${file} --dry-run`);
  expect([code, stderr.includes('environment "staging" says neither fluxRepository nor fluxPath, so nothing tells what it has')]).toEqual([
    2,
    true,
  ]);
});

/** Asks GitHub's API about a repository. */
async function ask(path: string, repository = "acme/app"): Promise<unknown> {
  const headers = { authorization: `token ${world.env.GITHUB_TOKEN}`, "user-agent": "test" };
  return (await fetch(`${world.env.GITHUB_API_URL}/repos/${repository}/${path}`, { headers })).json();
}

test("a deployment to an environment is reported on the commit of the application, with the page of the environment", async () => {
  const { commit } = (await ask("branches/main")) as { readonly commit: { readonly sha: string } };
  const labels = {
    "org.opencontainers.image.source": world.toWorld("https://github.com/acme/app"),
    "org.opencontainers.image.revision": commit.sha,
  };
  const place = { host: world.toWorld("ghcr.io"), repository: "acme/app" };
  await pushImage(place, { platform: { os: "linux", architecture: "amd64" }, labels, tag: "1.5.0" });
  const command =
    "fairlead deploy ghcr.io/acme/app:1.5.0 --environment staging --config fairlead.yaml --report deployment --report-to github.com/acme/app";
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
