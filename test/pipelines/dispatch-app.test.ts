/** Dispatches as a GitHub App. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import type { MadeApp } from "../doubles/github/apps/actions.ts";
import { startActions, type ActionsWorld } from "./actions.ts";

let world: ActionsWorld;
let folder: string;
let app: MadeApp;

beforeAll(async () => {
  world = await startActions();
  folder = await mkdtemp(join(tmpdir(), "fairlead-app-"));
  const permissions = { contents: "write", actions: "write", pull_requests: "write", checks: "write" } as const;
  app = world.github.createApp({ slug: "acme-fairlead", permissions });
  world.github.installApp({ app: app.id, account: "acme" });
  const { url, apiUrl, host } = world.github;
  const servers = `servers: { github: { url: "${url}", api: "${apiUrl}" } }`;
  const yaml = `version: 1\n${servers}\ncredentials: { "${host}": { app: ${app.id}, key: "file:app.pem" } }\n`;
  await writeFile(join(folder, "fairlead.yaml"), yaml);
  await writeFile(join(folder, "app.pem"), app.pem);
  await chmod(join(folder, "app.pem"), 0o600);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Runs a pipeline without any other credential. Returns what the tokens that it had were for. */
async function minted(...args: readonly string[]): Promise<readonly string[]> {
  const before = world.github.mintedTokens().length;
  const { GITHUB_TOKEN: _, ...env } = world.env;
  const { code, stderr } = await fairlead([...args, "--config", join(folder, "fairlead.yaml")], env);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining("warning") as string });
  return world.github
    .mintedTokens()
    .slice(before)
    .map(({ repositories, permissions }) => JSON.stringify({ repositories, permissions }));
}

test("dispatch-workflow as an App starts the workflow as its bot, with tokens for no more than that", async () => {
  const args = ["--workflow", "deploy.yaml", "--ref", "main", "--input", "environment=staging"];
  expect(await minted("dispatch-workflow", world.app, ...args)).toMatchInlineSnapshot(`
    [
      "{"repositories":["acme/app"],"permissions":{"metadata":"read","contents":"read"}}",
      "{"repositories":["acme/app"],"permissions":{"metadata":"read","actions":"read"}}",
      "{"repositories":["acme/app"],"permissions":{"metadata":"read","actions":"write"}}",
    ]
  `);
  expect(world.github.workflowRuns("acme/app").at(-1)).toMatchObject({ workflow: "deploy.yaml", actor: "acme-fairlead[bot]" });
});

test("dispatch-repository as an App makes the event as its bot, with tokens for no more than that", async () => {
  expect(await minted("dispatch-repository", world.app, "--event", "QUAY_BUILD_SUCCESS")).toMatchInlineSnapshot(`
    [
      "{"repositories":["acme/app"],"permissions":{"metadata":"read","contents":"read"}}",
      "{"repositories":["acme/app"],"permissions":{"metadata":"read","contents":"write"}}",
    ]
  `);
  expect(world.github.workflowRuns("acme/app").at(-1)).toMatchObject({ workflow: "quay.yml", actor: "acme-fairlead[bot]" });
});

test("dispatch-repository takes the App of its flags", async () => {
  const { GITHUB_TOKEN: _, ...env } = world.env;
  const args = ["--event", "QUAY_BUILD_SUCCESS", "--app", String(app.id), "--app-key", `file:${join(folder, "app.pem")}`];
  expect(await fairlead(["dispatch-repository", world.app, ...args], env)).toMatchObject({ code: 0 });
});

test.each([
  ["dispatch-repository", ["--event", "QUAY_BUILD_SUCCESS"]],
  ["dispatch-workflow", ["--workflow", "deploy.yaml", "--ref", "main"]],
])("%s refuses an App without its key", async (name, args) => {
  const { code, stderr } = await fairlead([name, world.app, ...args, "--app", "7"], world.env);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("there is no key of it") as string });
});
