import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead, type Ended } from "../cli.ts";
import { startSshServer, type SshServer } from "../doubles/sshd.ts";
import { startWorld, type World } from "../pipelines/world.ts";

let world: World;
let ssh: SshServer;
let folder: string;

beforeAll(async () => {
  world = await startWorld();
  ssh = await startSshServer(join(world.folders.app, "..", ".."));
  folder = await mkdtemp(join(tmpdir(), "fairlead-found-"));
});
afterAll(async () => {
  await ssh.stop();
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Plans a build of a repository as a person with this home and these variables, who has exported no token. */
async function plan(repository: string, home: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { GITHUB_TOKEN: _, ...others } = world.env;
  return await fairlead(["build", repository, "--image", `${world.registry.host}/acme/app`, "--dry-run"], {
    ...others,
    HOME: home,
    ...env,
  });
}

/** Makes a home folder with these files. */
async function makeHome(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, name, path, ".."), { recursive: true });
    await writeFile(join(folder, name, path), content, { mode: 0o600 });
  }
  return join(folder, name);
}

const secret = (): string => `${world.github.url}/acme/app`;
const token = (): string => world.env.GITHUB_TOKEN ?? "";
const refused = (): string => `fairlead: read ${world.github.host}/acme/app: the server wants a credential, and there is none for it`;

test("a token that gh has for the repository's host opens it, and the plan says so", async () => {
  const home = await makeHome("gh", { ".config/gh/hosts.yml": `${world.github.host}:\n    oauth_token: ${token()}\n    user: ada\n` });
  const { code, stderr, stdout } = await plan(secret(), home);
  expect(stderr).toContain(`credential for ${world.github.host}: by gh auth token\n`);
  expect(stderr + stdout).not.toContain(token());
  expect(code).toBe(0);
});

test("a credential helper of the person's Git opens a repository, and is asked for its host alone", async () => {
  const helper = `!f() { cat >> "$HOME/asked"; printf 'username=ada\\npassword=${token()}\\n'; }; f`;
  const home = await makeHome("git", { ".gitconfig": `[credential]\n\thelper = ${JSON.stringify(helper)}\n` });
  const { code, stderr } = await plan(secret(), home);
  expect(stderr).toContain(`credential for ${world.github.host}: by Git's credential helper\n`);
  expect(code).toBe(0);
  const asked = (await readFile(join(home, "asked"), "utf8")).split("\n").filter((line) => line.startsWith("host="));
  expect(new Set(asked)).toEqual(new Set([`host=${world.github.host}`]));
});

test("a token of the environment comes before those that are found: no program is asked for one", async () => {
  const home = await makeHome("both", { ".gitconfig": '[credential]\n\thelper = "!touch \\"$HOME/asked\\"; false"\n' });
  expect(await plan(secret(), home, { GITHUB_TOKEN: token() })).toMatchObject({ code: 0 });
  await expect(readFile(join(home, "asked"))).rejects.toThrow("ENOENT");
});

test.each([
  ["CI=true", { CI: "true" }],
  ["CI=1", { CI: "1" }],
  ["CI=woodpecker", { CI: "woodpecker" }],
  ["CI=false in GitHub Actions", { CI: "false", GITHUB_ACTIONS: "true" }],
])("a job of CI uses no credential of the machine's home: %s", async (_, env) => {
  const home = await makeHome("ci", { ".config/gh/hosts.yml": `${world.github.host}:\n    oauth_token: ${token()}\n    user: ada\n` });
  const { code, stderr } = await plan(secret(), home, env);
  expect(decodeURIComponent(stderr)).toContain(refused().replace("fairlead: ", "")); // the runner's form of an error has other line ends
  expect(code).toBe(3);
});

test.each(["", "0", "false", "FALSE"])("CI=%s is no job of CI: a token that gh has opens the repository", async (CI) => {
  const home = await makeHome("no-ci", { ".config/gh/hosts.yml": `${world.github.host}:\n    oauth_token: ${token()}\n    user: ada\n` });
  const { code, stderr } = await plan(secret(), home, { CI });
  expect(stderr).toContain(`credential for ${world.github.host}: by gh auth token\n`);
  expect(code).toBe(0);
});

test("no program of a relative folder of the PATH is asked for a token", async () => {
  const home = await makeHome("relative", { gh: `#!/bin/sh\necho ${token()}\n` });
  await chmod(join(home, "gh"), 0o755);
  const relative = join("..", "..", "..", home); // from the folder of the tests
  const { code, stderr } = await plan(secret(), home, { PATH: `${relative}:${process.env.PATH ?? ""}` });
  expect(stderr).toContain(refused());
  expect(code).toBe(3);
});

test("a repository over SSH is opened by the person's key and known hosts", async () => {
  const home = await makeHome("ssh", { ".ssh/id_ed25519": ssh.privateKey, ".ssh/known_hosts": ssh.knownHosts });
  const { code, stderr } = await plan(ssh.url("acme/app"), home);
  expect(stderr).toContain(`credential for ${ssh.host}: by ${home}/.ssh/id_ed25519\n`);
  expect(code).toBe(0);
});

test("a repository over SSH is not read from a host that the person does not know", async () => {
  const home = await makeHome("stranger", { ".ssh/id_ed25519": ssh.privateKey });
  const { code, stderr } = await plan(ssh.url("acme/app"), home);
  expect(stderr).toContain("its SSH host key is not among the known ones");
  expect(code).toBe(3);
});

test("doctor says that a token came from gh", async () => {
  const home = await makeHome("doctor", { ".config/gh/hosts.yml": `${world.github.host}:\n    oauth_token: ${token()}\n    user: ada\n` });
  const { GITHUB_TOKEN: _, ...others } = world.env;
  const { stdout } = await fairlead(["doctor"], { ...others, HOME: home });
  expect(stdout.split("\n").find((line) => line.startsWith(`token:${world.github.host}`))).toMatch(/ yes .*, by gh \(gh auth token/);
});

test("a job of CI that runs doctor uses no credential of the machine's home", async () => {
  const home = await makeHome("doctor-ci", {
    ".config/gh/hosts.yml": `${world.github.host}:\n    oauth_token: ${token()}\n    user: ada\n`,
  });
  const { GITHUB_TOKEN: _, ...others } = world.env;
  const { stdout } = await fairlead(["doctor"], { ...others, HOME: home, CI: "true" });
  expect(stdout.split("\n").find((line) => line.startsWith(`token:${world.github.host}`))).toMatch(/ unknown +there is no token/);
});

test("a credential that Git keeps for one repository opens no other of its host", async () => {
  const home = await makeHome("paths", {
    ".gitconfig": "[credential]\n\tuseHttpPath = true\n\thelper = store\n",
    ".git-credentials": `http://ada:${token()}@${world.github.host}/acme/flux.git\n`,
  });
  expect((await plan(secret(), home)).stderr).toContain(refused());
  const own = await fairlead(["build", `${world.github.url}/acme/flux`, "--image", `${world.registry.host}/acme/x`, "--dry-run"], {
    ...Object.fromEntries(Object.entries(world.env).filter(([name]) => name !== "GITHUB_TOKEN")),
    HOME: home,
  });
  expect(own.stderr).toContain(`credential for ${world.github.host}: by Git's credential helper`);
});

test("a token that a helper gives as the user name opens the repository, and is shown nowhere", async () => {
  const helper = `!f() { printf 'username=${token()}\\npassword=x-oauth-basic\\n'; }; f`;
  const home = await makeHome("basic", { ".gitconfig": `[credential]\n\thelper = ${JSON.stringify(helper)}\n` });
  const { code, stdout, stderr } = await plan(secret(), home, {});
  expect(code, stderr).toBe(0);
  expect(stdout + stderr).not.toContain(token());
});
