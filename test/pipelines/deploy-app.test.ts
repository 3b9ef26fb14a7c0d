/** `fairlead deploy` as a GitHub App. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeployResult } from "../../src/pipelines/deploy.ts";
import { fairlead, type Ended } from "../cli.ts";
import { git } from "../doubles/bare.ts";
import type { MadeApp } from "../doubles/github/apps/actions.ts";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

const permissions = { contents: "write", pull_requests: "write", statuses: "read" } as const;
let [registry, flux, app, folder, key]: [Registry, Flux, MadeApp, string, string] = [] as never;

beforeAll(async () => {
  registry = await startImages();
  flux = await startFlux(registry);
  folder = await mkdtemp(join(tmpdir(), "fairlead-app-"));
  key = join(folder, "app.pem");
  app = flux.github.createApp({ slug: "acme-fairlead", permissions });
  flux.github.installApp({ app: app.id, account: "acme" });
  await writeFile(key, app.pem);
  await chmod(key, 0o600);
});
afterAll(async () => {
  await flux[Symbol.asyncDispose]();
  await registry.stop();
  await rm(folder, { recursive: true });
});

/** Runs deploy without any other credential. */
async function deploy(...args: readonly string[]): Promise<Ended> {
  const { GITHUB_TOKEN: _, ...env } = flux.env;
  const ended = await fairlead(["deploy", ...args, "--flux-repository", `${flux.github.url}/acme/flux`], env);
  const shown = ended.stdout + ended.stderr;
  for (const { value } of flux.github.mintedTokens()) expect(shown).not.toContain(value);
  for (const line of app.pem.split("\n").filter((each) => each.length > 4 && !each.startsWith("-----"))) expect(shown).not.toContain(line);
  return ended;
}

test("deploy as an App opens the pull request and makes the commit as its bot, with one token of the one repository", async () => {
  const ended = await deploy(flux.image("1.1.0"), "--app", String(app.id), "--app-key", `file:${key}`, "--json");
  expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("warning") as string });
  const { commit, pullRequest } = JSON.parse(ended.stdout) as DeployResult;
  expect(flux.github.pulls("acme/flux")).toMatchObject([{ number: pullRequest?.number, user: "acme-fairlead[bot]", headSha: commit }]);
  expect(await git(flux.folder, ["log", "-1", "--format=%an", commit!])).toBe("acme-fairlead[bot]");
  expect(flux.github.mintedTokens().map(({ repositories, permissions: given }) => [repositories, given])).toEqual([
    [["acme/flux"], { metadata: "read", ...permissions }],
  ]);
});

test("deploy as the App that a configuration names is the same, and --app wins over its token", async () => {
  const config = join(folder, "fairlead.yaml");
  const yaml = (credential: string): string =>
    `version: 1\nservers: { github: { url: "${flux.github.url}", api: "${flux.github.apiUrl}" } }\ncredentials: { "${flux.github.host}": ${credential} }\n`;
  await writeFile(config, yaml(`{ app: ${app.id}, key: "file:app.pem" }`));
  expect(await deploy(flux.image("1.2.0"), "--config", config)).toMatchObject({ code: 0 });
  await writeFile(config, yaml('{ token: "env:NOTHING" }'));
  const flags = ["--app", app.clientId, "--app-key", `file:${key}`];
  expect(await deploy(flux.image("1.3.0"), "--config", config, ...flags)).toMatchObject({ code: 0 });
});

test("an App without its key, a key without its App, and an App beside a token are errors of the input", async () => {
  const image = flux.image("1.1.0");
  const said = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await deploy(image, ...args);
    return `${code} ${stderr}`;
  };
  expect(await said("--app", "1")).toMatchInlineSnapshot(`
    "2 fairlead: deploy: --app: there is no key of it
    hint: give its private key as well
    "
  `);
  expect(await said("--app-key", `file:${key}`)).toMatchInlineSnapshot(`
    "2 fairlead: deploy: --app-key: it is of no App
    hint: give the App's ID as well
    "
  `);
  const config = join(folder, "wrong.yaml");
  await writeFile(
    config,
    `version: 1\ncredentials: { github.com: { app: 1, key: "file:app.pem", token: "env:T" }, ghcr.io: { app: 1 } }\n`,
  );
  expect((await said("--config", config)).replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
    "2 fairlead: deploy: FOLDER/wrong.yaml:2:35 credentials["github.com"].app: there is a token for the same
    fairlead: deploy: FOLDER/wrong.yaml:2:86 credentials["ghcr.io"]: it holds no secret: name a token, a password, an sshKey, or an app and its key
    fairlead: deploy: FOLDER/wrong.yaml:2:93 credentials["ghcr.io"].app: there is no key of it
    hint: see docs/configuration.md for every field, and an example
    "
  `);
});
