import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attempt } from "./attempt.ts";

/** No server is here: a wrong command line is refused before any request. */
const nobody = "http://127.0.0.1:9/acme/app";
const image = "127.0.0.1:9/acme/app";
const digest = `sha256:${"a".repeat(64)}`;
const ship = ["ship", nobody, "--image", image, "--flux-repository", "http://127.0.0.1:9/acme/flux"];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-bad-input-"));
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\n");
});
afterAll(() => rm(folder, { recursive: true }));

const tried = (...args: readonly string[]): Promise<string> => attempt(args, {}, { [folder]: "FOLDER" });

test("an unknown flag is an error that suggests the right one", async () => {
  expect(await tried(...ship, "--imagee", "x")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: ship: unknown flag --imagee
    hint: did you mean --image? run fairlead ship --help"
  `);
});

test("all missing required flags are one error", async () => {
  expect(await tried("ship")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: ship: --image: it is missing
    fairlead: ship: --flux-repository: it is missing
    hint: run fairlead ship --help"
  `);
  expect(await tried("deploy")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: deploy: IMAGE: it is missing
    fairlead: deploy: --flux-repository: it is missing
    hint: run fairlead deploy --help"
  `);
});

test("a secret in plain text is refused and not repeated", async () => {
  expect(await tried(...ship, "--token", "ghp_canary")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: ship: --token: it is not a reference to a secret
    hint: name where the secret is: env:NAME, file:PATH or cmd:COMMAND"
  `);
  expect(await tried("build", nobody, "--image", image, "--secret", "npm=npm_canary")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --secret: it is not a reference to a secret
    hint: name where the secret is: env:NAME, file:PATH or cmd:COMMAND"
  `);
});

test("a secret whose reference leads nowhere fails before any request", async () => {
  expect(await tried(...ship, "--flux-token", "env:NOT_SET")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: reveal secret flux-token: the environment variable NOT_SET is not set
    hint: export NOT_SET=…"
  `);
  expect(await tried(...ship, "--token", "file:/nowhere/token")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: reveal secret token: the file /nowhere/token cannot be read (ENOENT)
    hint: write the secret to /nowhere/token, or name another place"
  `);
  expect(await tried(...ship, "--token", "cmd:echo canary; echo canary >&2; exit 4")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: reveal secret token: its command failed (exit code 4)
    hint: run the command by itself to see why"
  `);
  expect(await tried(...ship, "--token", "env:NOT_SET", "--credential", "slack=cmd:true", "--secret", "npm=env:NPM"))
    .toMatchInlineSnapshot(`
    "exit code 2
    fairlead: ship: reveal secret npm: the environment variable NPM is not set
    fairlead: ship: reveal secret token: the environment variable NOT_SET is not set
    fairlead: ship: reveal secret slack: it is empty
    hint: export NPM=…; export NOT_SET=…; run the command by itself to see why"
  `);
});

test("a credential in a URL is refused and not repeated", async () => {
  expect(await tried("build", "https://robot:canary@github.com/acme/app", "--image", image)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: REPOSITORY: read Git repository "https://***@github.com/acme/app": it holds a credential
    hint: take it out of the URL, and name the token where it is: env:NAME, file:PATH or cmd:COMMAND"
  `);
});

test("two sources, or none, are refused", async () => {
  expect(await tried("build", "--image", image)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: there is neither a repository nor a folder to build
    hint: name a repository (and perhaps a ref), or a folder with --source"
  `);
  expect(await tried("build", nobody, "--source", folder, "--image", image)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --source: there is both a repository and a folder
    hint: name a repository (and perhaps a ref), or a folder with --source"
  `);
  expect(await tried("build", "--source", folder, "--ref", "main", "--image", image)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --source: there is a folder and a ref, which only a repository has
    hint: name a repository (and perhaps a ref), or a folder with --source"
  `);
});

test("ship names itself in an error of its build", async () => {
  expect(await tried("ship", "--image", image, "--flux-repository", nobody)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: ship: there is neither a repository nor a folder to build
    hint: name a repository (and perhaps a ref), or a folder with --source"
  `);
});

test("a path that is not a folder is an error", async () => {
  expect(await tried("build", "--source", join(folder, "none"), "--image", `${image}:1`)).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: read folder FOLDER/none: it does not exist
    hint: name an existing folder"
  `);
  expect(await tried("build", "--source", join(folder, "Dockerfile"), "--image", `${image}:1`)).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: read folder FOLDER/Dockerfile: it is not a folder
    hint: name an existing folder"
  `);
});

test("a folder that is not a commit gives the image no tag", async () => {
  expect(await tried("build", "--source", folder, "--image", image)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build FOLDER: it is in no Git repository, so no commit names the image
    hint: give the image a tag, or name a folder of a clone"
  `);
});

test("a malformed image reference is refused before any request", async () => {
  expect(await tried("build", nobody, "--image", `${image}@${digest}`)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --image: a push makes a new digest, so none can be given
    hint: give a tag, or the repository alone"
  `);
  expect(await tried("build", nobody, "--image", `${image}:-1`)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --image: read image reference "127.0.0.1:9/acme/app:-1": a tag is 1 to 128 letters, digits, underscores, dots or hyphens and begins with none of the last two
    hint: write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3"
  `);
  expect(await tried("build", nobody, "--image", image, "--tag", "a b")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --tag: "a b" is not a tag
    hint: write at most 128 letters, digits, underscores, dots and hyphens"
  `);
  expect(await tried("build", nobody, "--image", image, "--platform", "nonsense")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build: --platform: "nonsense" is not a platform such as linux/arm64
    hint: write OS/ARCHITECTURE, such as linux/amd64 or linux/arm64"
  `);
});
