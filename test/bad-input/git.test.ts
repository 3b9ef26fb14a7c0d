import { afterAll, beforeAll, expect, test } from "vitest";
import { startProxy } from "../doubles/proxy.ts";
import { readerToken, startWorld, token, type World } from "../pipelines/world.ts";
import { attempt, namesOf } from "./attempt.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const build = (repository: string, ...more: readonly string[]): readonly string[] => [
  ...["build", repository, "--image", `${world.registry.host}/acme/app`],
  ...["--engine", "unix:///nowhere/engine.sock", ...more],
];
const tried = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
  attempt(args, { ...world.env, ...env }, namesOf(world));

test("a repository that does not exist is an error that says it may be hidden", async () => {
  expect(await tried(build(`${world.github.url}/acme/none`))).toMatchInlineSnapshot(`
    "exit code 4
      | remote: Repository not found.
      | fatal: repository 'http://GITHUB/acme/none/' not found
    fairlead: read GITHUB/acme/none: there is no such repository, or the credential does not show it
    hint: check its name, and that GITHUB_TOKEN may read it"
  `);
});

test("a host that does not exist is an error", async () => {
  expect(await tried(build("https://git.invalid/acme/app"))).toMatchInlineSnapshot(`
    "exit code 75
      | fatal: unable to access 'https://git.invalid/acme/app/': Could not resolve host: git.invalid
    fairlead: read git.invalid/acme/app: there is no such host, or its name cannot be looked up now
    hint: check the name of the host, and run it again"
  `);
});

test("a server that is down is an error", async () => {
  await using proxy = await startProxy(world.github.host);
  const { host, url } = proxy;
  await proxy.stop();
  expect(await attempt(build(`${url}/acme/app`), world.env, { ...namesOf(world), [host]: "DOWN", [host.replace(":", " port ")]: "DOWN" }))
    .toMatchInlineSnapshot(`
      "exit code 75
        | fatal: unable to access 'http://DOWN/acme/app/': Failed to connect to DOWN after N ms: Couldn't connect to server
      fairlead: read DOWN/acme/app: the server cannot be reached
      hint: run it again later; if that does not help, check that this machine can reach it"
    `);
});

test("a private repository without a token is an error", async () => {
  expect(await tried(build(`${world.github.url}/acme/app`), { GITHUB_TOKEN: "" })).toMatchInlineSnapshot(`
    "exit code 3
      | fatal: could not read Username for 'http://GITHUB': terminal prompts disabled
    fairlead: read GITHUB/acme/app: the server wants a credential, and there is none for it
    hint: check its name, and export GITHUB_TOKEN=…, or give --token env:NAME"
  `);
});

test("a wrong token is an error", async () => {
  expect(await tried(build(`${world.github.url}/acme/app`), { GITHUB_TOKEN: "ghp_canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
      | remote: Invalid username or token. Password authentication is not supported for Git operations.
      | fatal: Authentication failed for 'http://GITHUB/acme/app/'
    fairlead: read GITHUB/acme/app: the server does not take the credential
    hint: check GITHUB_TOKEN: it may be wrong or expired"
  `);
  expect(await tried(build(`${world.github.url}/acme/app`, "--token", "env:OTHER"), { OTHER: "ghp_canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
      | remote: Invalid username or token. Password authentication is not supported for Git operations.
      | fatal: Authentication failed for 'http://GITHUB/acme/app/'
    fairlead: read GITHUB/acme/app: the server does not take the credential
    hint: check --token: it may be wrong or expired"
  `);
});

test("a missing commit, branch or tag is an error", async () => {
  expect(await tried(build(`${world.github.url}/acme/app`, "--ref", "0123456789".repeat(4)))).toMatchInlineSnapshot(`
    "exit code 4
      | fatal: remote error: upload-pack: not our ref SHA
    fairlead: find SHA in GITHUB/acme/app: the repository has no such branch, tag or commit
    hint: check that it was pushed, and that a commit is named by its full SHA of 40 digits"
  `);
  expect(await tried(build(`${world.github.url}/acme/app`, "--ref", "nope"))).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: find nope in GITHUB/acme/app: it does not exist
    hint: name a branch, a tag, or a commit by its full SHA of 40 digits"
  `);
});

test("a token of one host is never sent to another", async () => {
  const seen: (string | undefined)[] = [];
  await using proxy = await startProxy(world.github.host, { onRequest: ({ headers }) => void seen.push(headers.authorization) });
  const names = { ...namesOf(world), [proxy.host]: "OTHER" };
  // if it were sent, the token of github.com would open this server too
  const env = { GITHUB_TOKEN: token };
  expect(await attempt(build(`${proxy.url}/acme/app`), env, names)).toMatchInlineSnapshot(`
    "exit code 3
      | fatal: could not read Username for 'http://OTHER': terminal prompts disabled
    fairlead: read OTHER/acme/app: the server wants a credential, and there is none for it
    hint: check its name, and give --token env:NAME"
  `);
  const deploy = ["deploy", `${world.registry.host}/acme/app:1`, "--flux-repository", `${proxy.url}/acme/flux`, "--unchecked"];
  expect(await attempt(deploy, env, names)).toMatchInlineSnapshot(`
    "exit code 3
    warning: REGISTRY/acme/app:1 is not in its registry
      | fatal: could not read Username for 'http://OTHER': terminal prompts disabled
    fairlead: read OTHER/acme/flux: the server wants a credential, and there is none for it
    hint: check its name, and give --flux-token env:NAME"
  `);
  expect(await attempt([...deploy, "--dry-run"], { ...env, GITHUB_SERVER_URL: world.github.url }, names)).toMatchInlineSnapshot(`
    "exit code 3
    warning: REGISTRY/acme/app:1 is not in its registry
      | fatal: could not read Username for 'http://OTHER': terminal prompts disabled
    fairlead: read OTHER/acme/flux: the server wants a credential, and there is none for it
    hint: check its name, and give --flux-token env:NAME"
  `);
  expect({ requests: seen.length > 0, sent: seen.filter((each) => each !== undefined) }).toEqual({ requests: true, sent: [] });
});

test("a token that is named for one repository is not used for another", async () => {
  const args = world.ship("--flux-token", "env:FLUX", "--dry-run");
  expect(await tried(args, { GITHUB_TOKEN: "", FLUX: readerToken })).toMatchInlineSnapshot(`
    "exit code 3
      | fatal: could not read Username for 'http://GITHUB': terminal prompts disabled
    fairlead: read GITHUB/acme/app: the server wants a credential, and there is none for it
    hint: check its name, and export GITHUB_TOKEN=…, or give --token env:NAME"
  `);
});
