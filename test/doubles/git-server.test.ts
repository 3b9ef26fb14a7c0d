import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { git as gitBare, gitEnvironment } from "./bare.ts";
import { type GitServer, startGitServer } from "./git-server.ts";
import { startSshServer } from "./sshd.ts";

const run = promisify(execFile);

/** A folder for clones. */
async function createWorkFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "fairlead-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

interface Outcome {
  readonly output: string;
  readonly error: string;
}

async function git(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run("git", args, { env: { ...gitEnvironment, ...env } });
    return { output: stdout + stderr, error: "" };
  } catch (error) {
    return { output: "", error: String((error as { readonly stderr?: string }).stderr).trim() };
  }
}

const tokens = { reader: { login: "ann", read: ["acme/app"] }, writer: { login: "bob", write: ["acme/app"] }, stranger: { login: "eve" } };

async function startAcme(): Promise<GitServer> {
  const server = await startGitServer({ tokens });
  await server.createRepository("acme/app", { private: true, files: { "a.txt": "one\n" } });
  await server.createRepository("acme/open", { files: { "a.txt": "one\n", "bin/run": { mode: "100755", content: "#!/bin/sh\n" } } });
  return server;
}

const withToken = ({ host }: GitServer, token: string, name = "acme/app"): string => `http://x-access-token:${token}@${host}/${name}.git`;

test("the Git double lets everybody read a public repository, and nobody push without a token", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  const url = `${server.url}/acme/open.git`;
  expect((await git(["clone", "-q", url, work.path])).error).toBe("");
  expect(await readFile(join(work.path, "a.txt"), "utf8")).toBe("one\n");
  expect((await git(["-C", work.path, "push", url, "HEAD:refs/heads/x"])).error).toMatch("could not read Username for");
  expect(server.requests.filter(({ write }) => write)).toEqual([]);
});

test.for([
  ["no token", (server: GitServer) => `${server.url}/acme/app.git`, "could not read Username for"],
  ["a token that is unknown", (server: GitServer) => withToken(server, "nobody"), "Authentication failed"],
  ["a token without right", (server: GitServer) => withToken(server, "stranger"), "Repository not found."],
  ["a right, but no such repository", (server: GitServer) => withToken(server, "reader", "acme/none"), "Repository not found."],
] as const)("a private repository of the Git double refuses %s", async ([, url, message]) => {
  await using server = await startAcme();
  expect((await git(["ls-remote", url(server)])).error).toMatch(message);
});

test("the Git double refuses a reader's push, and keeps a writer's", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  await git(["clone", "-q", withToken(server, "reader"), work.path]);
  await git(["-C", work.path, "commit", "-q", "--allow-empty", "-m", "two"]);
  expect((await git(["-C", work.path, "push"])).error).toMatch("Permission to acme/app.git denied to ann.");
  expect((await git(["-C", work.path, "push", "-q", withToken(server, "writer"), "main"])).error).toBe("");
  const pushed = await gitBare(join(server.folder, "acme/app.git"), ["log", "-1", "--format=%s", "main"]);
  expect(pushed).toBe("two");
  expect(server.requests.filter(({ write }) => write)).toEqual([
    { method: "POST", path: "/acme/app.git/git-receive-pack", status: 200, write: true },
  ]);
});

test("large pushes to the Git double arrive whole, and stale ones are refused", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  await git(["clone", "-q", withToken(server, "writer"), work.path]);
  const noise = Array.from({ length: 40_000 }, (_, at) => Math.sin(at + 1).toString(36)).join("\n");
  await writeFile(join(work.path, "noise"), noise);
  await git(["-C", work.path, "add", "."]);
  await git(["-C", work.path, "commit", "-q", "-m", "noise"]);
  expect((await git(["-C", work.path, "-c", "http.postBuffer=65536", "push", "-q"])).error).toBe("");
  expect(await gitBare(join(server.folder, "acme/app.git"), ["cat-file", "-s", "main:noise"])).toBe(String(noise.length));
  await server.commit("acme/app", { branch: "main", files: { "b.txt": "other\n" }, message: "somebody else" });
  await git(["-C", work.path, "commit", "-q", "--allow-empty", "-m", "mine"]);
  expect((await git(["-C", work.path, "push"])).error).toMatch("[rejected]");
});

test("the Git double supports protocol version 2, partial clones and any commit by its ID", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  const first = await gitBare(join(server.folder, "acme/open.git"), ["rev-parse", "main"]);
  await server.commit("acme/open", { branch: "main", files: { "a.txt": null }, message: "remove" });
  const url = `${server.url}/acme/open.git`;
  const { output } = await git(["ls-remote", url], { GIT_TRACE_PACKET: "1" });
  expect(output).toMatch("git< version 2");
  await git(["init", "-q", work.path]);
  expect((await git(["-C", work.path, "fetch", "-q", "--depth=1", "--filter=blob:none", url, first])).error).toBe("");
  expect((await git(["-C", work.path, "ls-tree", "-r", "FETCH_HEAD"])).output).toMatch(/100755 blob \w+\tbin\/run/);
});

test("Git clones with a token from its environment alone", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  const header = `Authorization: Basic ${btoa("x-access-token:reader")}`;
  const env = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "http.extraHeader", GIT_CONFIG_VALUE_0: header };
  expect((await git(["clone", "-q", `${server.url}/acme/app.git`, work.path], env)).error).toBe("");
  expect(await readFile(join(work.path, "a.txt"), "utf8")).toBe("one\n");
});

test.for(["/acme/app.git/HEAD", "/acme/app.git/objects/info/packs", "/../etc/passwd", "/acme/..%2f/info/refs"])(
  "the Git double does not serve %s",
  async (path) => {
    await using server = await startAcme();
    expect((await fetch(server.url + path, { headers: { authorization: "Bearer reader" } })).status).toBe(404);
  },
);

interface Ssh {
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

async function createSsh(folder: string, key: string, knownHosts: string): Promise<Ssh> {
  await writeFile(join(folder, "key"), key, { mode: 0o600 });
  await writeFile(join(folder, "known_hosts"), knownHosts);
  const command = [
    "ssh",
    "-F",
    "none",
    "-i",
    join(folder, "key"),
    "-o",
    "IdentitiesOnly=yes",
    "-o",
    "BatchMode=yes",
    "-o",
    "StrictHostKeyChecking=yes",
    "-o",
    `UserKnownHostsFile=${join(folder, "known_hosts")}`,
  ];
  return { env: { GIT_SSH_COMMAND: command.join(" ") }, command };
}

test("the SSH double lets its key clone and push below the root, and do nothing else", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  await using ssh = await startSshServer(server.folder);
  const { env, command } = await createSsh(work.path, ssh.privateKey, ssh.knownHosts);
  const clone = join(work.path, "clone");
  expect((await git(["clone", "-q", ssh.url("acme/app"), clone], env)).error).toBe("");
  await git(["-C", clone, "commit", "-q", "--allow-empty", "-m", "over ssh"]);
  expect((await git(["-C", clone, "push", "-q"], env)).error).toBe("");
  expect(await gitBare(join(server.folder, "acme/app.git"), ["log", "-1", "--format=%s", "main"])).toBe("over ssh");
  expect((await git(["ls-remote", ssh.url("acme/none")], env)).error).toMatch("does not appear to be a git repository");
  expect((await git(["ls-remote", ssh.url("../acme/app")], env)).error).toMatch("is not a repository");
  const [user, port] = [ssh.url("x").slice(6).split(":")[0] ?? "", ssh.host.split(":")[1] ?? ""];
  const shell = run(command[0] ?? "", [...command.slice(1), "-p", port, user, "id"]);
  await expect(shell).rejects.toThrow("only Git is served here");
});

test("the SSH double refuses another key, and a client refuses another host key", async () => {
  await using server = await startAcme();
  await using work = await createWorkFolder();
  await using ssh = await startSshServer(server.folder);
  await using other = await startSshServer(server.folder);
  const stranger = await createSsh(work.path, other.privateKey, ssh.knownHosts);
  expect((await git(["ls-remote", ssh.url("acme/app")], stranger.env)).error).toMatch("Permission denied (publickey)");
  const impostor = await createSsh(
    work.path,
    ssh.privateKey,
    ssh.knownHosts.split(" ")[0] + " " + other.knownHosts.split(" ").slice(1).join(" "),
  );
  expect((await git(["ls-remote", ssh.url("acme/app")], impostor.env)).error).toMatch("Host key verification failed");
});
