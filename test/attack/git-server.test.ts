// Whoever runs a Git server, or stands behind one that redirects.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Credential } from "../../src/core/credential.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Git } from "../../src/core/git/git.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import { createGit } from "../../src/git.ts";
import { gitOptions } from "../adapter-options.ts";
import { git as runGit } from "../doubles/bare.ts";
import { startGitServer, type GitServer } from "../doubles/git-server.ts";
import { gitmodules, pushTree } from "../doubles/pushed-tree.ts";
import { startRecorder, type Recorder } from "../doubles/recorder.ts";
import { listen } from "../doubles/server.ts";

const token = "tok-fairlead";
const date = "2026-01-02T03:04:05Z";
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "fairlead-attack-git-"));
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A Git server that redirects, and another host, which is not to be asked. */
interface Redirecting extends AsyncDisposable {
  readonly server: GitServer;
  readonly other: Recorder;
  readonly bare: string;
  readonly head: string;
  readonly app: Repository;
}

async function startRedirecting(part: string, to?: string): Promise<Redirecting> {
  await using stack = new AsyncDisposableStack();
  const other = stack.use(await startRecorder());
  const moved = new Map<string, string>();
  const server = stack.use(await startGitServer({ tokens: { [token]: { write: ["*"] } }, moved, movedPart: part }));
  const bare = await server.createRepository("acme/app", { private: true, files: { "a.txt": "a\n" } });
  moved.set("acme/app", to?.replace("SELF", server.url) ?? `${other.url}/new/app.git`);
  const ended = stack.move();
  const head = await runGit(bare, ["rev-parse", "main"]);
  const app = parseRepository(`${server.url}/acme/app`);
  return { server, other, bare, head, app, [Symbol.asyncDispose]: () => ended.disposeAsync() };
}

/** Returns what the run's Git ends with, where the token opens the whole of a host. */
async function outcome<T>(host: string, use: (git: Git) => Promise<T>, value = token): Promise<string> {
  const secret = { name: "token", reveal: () => Promise.resolve(value) };
  const credentials: readonly Credential[] = [{ for: host, kind: "token", secret }];
  await using git = createGit(gitOptions(credentials));
  return await use(git).then(
    () => "done",
    (error: unknown) => (error instanceof FairleadError ? `${error.code}: ${error.message}` : String(error)),
  );
}

const uses: readonly (readonly [string, (git: Git, world: Redirecting) => Promise<unknown>])[] = [
  ["a lookup of a branch", (git, { app }) => git.resolve(app, "main")],
  ["a lookup of a commit", (git, { app, head }) => git.resolve(app, head)],
  ["a fetch of a branch", (git, { app }) => git.open(app, "main")],
  ["a fetch of files", (git, { app, head }) => git.fetchFiles({ repository: app, sha: head, date, submodules: [] })],
  [
    "a push",
    (git, { app, head }) => git.push({ repository: app, branch: "b", parent: head, files: new Map(), message: "b", expected: undefined }),
  ],
];

describe("3, 24, 49: redirects", () => {
  test.each(uses)(
    "3: %s from a server that redirects all is an error that names the new address, and the other host is not asked",
    async (_what, use) => {
      await using world = await startRedirecting("");
      const said = await outcome(world.server.host, (git) => use(git, world));
      expect(said.replaceAll(world.server.host, "HOST").replaceAll(world.other.host, "OTHER")).toMatch(
        /^not_found: .*HOST\/acme\/app: the repository has moved to http:\/\/OTHER\/new\/app\.git$/,
      );
      expect(world.other.requests).toEqual([]);
    },
  );

  test.each(uses)("3: %s from a server that redirects only what comes with the token gives it to nobody", async (_what, use) => {
    await using world = await startRedirecting("/git-upload-pack");
    expect(await outcome(world.server.host, (git) => use(git, world))).toMatch(/the repository has moved to /);
    expect(world.other.requests).toEqual([]);
  });

  test.each(uses)("a server that adds .git to the address on its own host, as GitLab does, serves %s", async (_what, use) => {
    await using world = await startRedirecting("", "SELF/acme/app.git");
    expect(await outcome(world.server.host, (git) => use(git, world))).toBe("done");
    expect(world.other.requests).toEqual([]);
  });

  test("3: a push that is redirected when its commit is sent gives it to nobody", async () => {
    await using world = await startRedirecting("/git-receive-pack");
    expect(await outcome(world.server.host, (git) => uses.at(-1)![1](git, world))).toMatch(
      /^not_found: push branch b of .*: the repository has moved/,
    );
    expect(world.other.requests).toEqual([]);
  });

  test("3: a named submodule that is redirected is an error that names the new address, and the other host is not asked", async () => {
    await using world = await startRedirecting("");
    const parent = await world.server.createRepository("acme/parent");
    const sha = await pushTree(parent, "main", [
      { path: ".gitmodules", mode: "100644", content: gitmodules("sub", world.app.url) },
      { path: "sub", mode: "160000", content: world.head },
    ]);
    const repository = parseRepository(`${world.server.url}/acme/parent`);
    const said = await outcome(world.server.host, (git) => git.fetchFiles({ repository, sha, date, submodules: [world.app] }));
    expect(said).toMatch(/\/acme\/app: the repository has moved to /);
    expect(world.other.requests).toEqual([]);
  });

  test.each([
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:1/x",
    "file:///etc/passwd",
    "ext::sh -c true",
    "git://127.0.0.1/x",
  ])("24: a redirect to %s is not followed", async (to) => {
    await using world = await startRedirecting("", to);
    expect(await outcome(world.server.host, (git) => git.resolve(world.app, "main"))).toMatch(/^not_found: .* the repository has moved/);
  });

  test("a login or a query in the new address is not repeated", async () => {
    await using world = await startRedirecting("", "https://user:secret@new.example.com/app.git?key=secret&x=");
    const said = await outcome(world.server.host, (git) => git.resolve(world.app, "main"));
    expect(said).toMatch(/moved to https:\/\/new\.example\.com\/app\.git$/);
  });

  test("a server without Git's own protocol, whose alternates lead to another host, does not lead there", async () => {
    await using stack = new AsyncDisposableStack();
    const other = stack.use(await startRecorder());
    const head = "1".repeat(40);
    const host = await listen(stack, (request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://x");
      if (pathname.endsWith("/info/refs")) response.end(`${head}\trefs/heads/main\n`);
      else if (pathname.endsWith("/HEAD")) response.end("ref: refs/heads/main\n");
      else if (pathname.endsWith("alternates")) response.end(`${other.url}/x.git/objects\n`);
      else response.writeHead(404).end();
      return Promise.resolve();
    });
    const repository = parseRepository(`http://${host}/acme/app`);
    expect(await outcome(host, (git) => git.fetchFiles({ repository, sha: head, date, submodules: [] }))).not.toBe("done");
    expect(other.requests).toEqual([]);
  });
});

describe("17: answers without an end", () => {
  /** Returns the most memory that a run took in MiB, and what it ended with. */
  const measure = async (script: string): Promise<{ readonly peak: number; readonly said: string }> => {
    const program = fileURLToPath(new URL("git-program.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, script], { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as { peak: number; said: string };
  };

  test("17: a hook that prints 100 MB takes little memory, and its first and last lines are kept", async () => {
    await using server = await startGitServer({ tokens: { [token]: { write: ["*"] } } });
    const bare = await server.createRepository("acme/app", { files: { "a.txt": "a\n" } });
    await runGit(bare, ["config", "core.hooksPath", join(bare, "hooks")]);
    await mkdir(join(bare, "hooks"), { recursive: true });
    await writeFile(
      join(bare, "hooks/pre-receive"),
      '#!/bin/sh\nyes "$(printf %4000s no)" | head -c 100000000\necho; echo the last word\nexit 1\n',
    );
    await chmod(join(bare, "hooks/pre-receive"), 0o755);
    const { peak, said } = await measure(JSON.stringify({ act: "push", url: `${server.url}/acme/app`, token }));
    expect(said).toMatch(/^forbidden: push branch b .*the last word/s);
    expect(said.length).toBeLessThan(15_000);
    expect(peak).toBeLessThan(300);
  });

  test("17: a server that lists references without an end is cut off", { timeout: 120_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, "0") + text;
    const line = (at: number): string => packet(`${at.toString(16).padStart(40, "0")} refs/heads/main\n`);
    const host = await listen(stack, async (request, response) => {
      request.resume();
      response.setHeader("content-type", "application/x-git-upload-pack-advertisement");
      response.write(`${packet("# service=git-upload-pack\n")}0000${packet(`${"1".repeat(40)} HEAD\0symref=HEAD:refs/heads/main\n`)}`);
      const block = Array.from({ length: 10_000 }, (_, at) => line(at)).join("");
      const closed = once(response, "close");
      while (!response.destroyed) if (!response.write(block)) await Promise.race([once(response, "drain"), closed]);
    });
    const { peak, said } = await measure(JSON.stringify({ act: "resolve", url: `http://${host}/acme/app`, token }));
    expect(said).toMatch(/^unsupported: /);
    expect(peak).toBeLessThan(400);
  });

  test("a repository whose files have more than 4 GiB is refused before they are written", async () => {
    await using server = await startGitServer();
    const bare = await server.createRepository("acme/app", { files: { "a.txt": "a\n" } });
    const zeros = await runGit(bare, ["hash-object", "-w", "--stdin"], { input: Buffer.alloc(100 * 2 ** 20) });
    const tree = Array.from({ length: 42 }, (_, at) => `100644 blob ${zeros}\tzeros-${at.toString().padStart(2, "0")}\n`).join("");
    const commit = await runGit(bare, ["commit-tree", "-m", "zeros", await runGit(bare, ["mktree"], { input: tree })]);
    await runGit(bare, ["update-ref", "refs/heads/main", commit]);
    const repository = parseRepository(`${server.url}/acme/app`);
    vi.stubEnv("TMPDIR", await mkdtemp(join(scratch, "tmp-")));
    expect(await outcome(server.host, (git) => git.fetchFiles({ repository, sha: commit, date, submodules: [] }))).toBe(
      `unsupported: fetch ${server.host}/acme/app: its files have more than 4 GiB`,
    );
  });

  test("a pack that is larger than the limit of a file is told, not kept", async () => {
    await using server = await startGitServer();
    const noise = Buffer.from(Array.from({ length: 3_000_000 }, () => Math.floor(Math.random() * 256)));
    await server.createRepository("acme/app", { files: { noise: { mode: "100644", content: noise } } });
    const bin = await mkdtemp(join(scratch, "bin-"));
    await writeFile(join(bin, "git"), `#!/bin/sh\nulimit -f 2048\nPATH=\${PATH#*:}\nexec git "$@"\n`, { mode: 0o755 });
    vi.stubEnv("PATH", bin + delimiter + (process.env.PATH ?? ""));
    const repository = parseRepository(`${server.url}/acme/app`);
    expect(
      await outcome(server.host, async (git) => git.fetchFiles({ repository, submodules: [], ...(await git.resolve(repository, "main")) })),
    ).toMatch(/^unsupported: fetch \w+ of .*: what it sends is larger than 2 GiB, or broken$/);
  });
});

describe("50, 52: traces on this machine", () => {
  test("50, 52: no process of a fetch has the token as an argument, its folders are closed to others, and nothing is left", async () => {
    const token = "tok-of-this-test";
    await using server = await startGitServer({ tokens: { [token]: { read: ["*"] } } });
    await server.createRepository("acme/app", { private: true, files: { "a.txt": "a\n" } });
    const [bin, log, tmp] = [await mkdtemp(join(scratch, "bin-")), join(scratch, "arguments"), await mkdtemp(join(scratch, "tmp-"))];
    const spy = `#!/bin/sh\nPATH=\${PATH#*:}\ncat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>${log}\nexec git "$@"\n`;
    await writeFile(join(bin, "git"), spy, { mode: 0o755 });
    vi.stubEnv("PATH", bin + delimiter + (process.env.PATH ?? ""));
    vi.stubEnv("TMPDIR", tmp);
    const repository = parseRepository(`${server.url}/acme/app`);
    const modes: string[] = [];
    const use = async (git: Git): Promise<void> => {
      const fetched = await git.fetchFiles({ repository, submodules: [], ...(await git.resolve(repository, "main")) });
      expect(await readFile(join(fetched!.path, "a.txt"), "utf8")).toBe("a\n");
      expect(await readdir(fetched!.path)).toEqual(["a.txt"]);
      for (const name of await readdir(tmp)) modes.push(((await lstat(join(tmp, name))).mode & 0o777).toString(8));
    };
    expect([await outcome(server.host, use, token), modes, await readdir(tmp)]).toEqual(["done", ["700"], []]);
    expect((await stat(log)).size).toBeGreaterThan(1000);
    expect(await readFile(log, "latin1")).not.toContain(token);
  });

  test("the files of a commit have its time and fixed modes, whatever the umask is", async () => {
    await using server = await startGitServer();
    const files = {
      "a.txt": "a\n",
      "bin/run": { mode: "100755", content: "#!/bin/sh\n" },
      link: { mode: "120000", content: "a.txt" },
    } as const;
    await server.createRepository("acme/app", { files });
    const repository = parseRepository(`${server.url}/acme/app`);
    const before = process.umask(0o077);
    const found: unknown[] = [];
    await outcome(server.host, async (git) => {
      const { path } = (await git.fetchFiles({ repository, submodules: [], ...(await git.resolve(repository, "main")), date }))!;
      for (const name of ["", "a.txt", "bin", "bin/run", "link"]) {
        const { mode, mtime } = await lstat(join(path, name));
        found.push([name, name === "link" ? "link" : (mode & 0o777).toString(8), mtime.toISOString()]);
      }
    });
    process.umask(before);
    const time = "2026-01-02T03:04:05.000Z";
    expect(found).toEqual([
      ["", "755", time],
      ["a.txt", "644", time],
      ["bin", "755", time],
      ["bin/run", "755", time],
      ["link", "link", time],
    ]);
  });
});

test("Git that waits for a server ends when its run is killed: nothing of it keeps the token", { timeout: 30_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const asked = Promise.withResolvers<Socket>();
  const host = await listen(stack, (request) => {
    asked.resolve(request.socket); // there is no answer
    return Promise.resolve();
  });
  const program = fileURLToPath(new URL("git-program.ts", import.meta.url));
  const run = spawn(process.execPath, [program, JSON.stringify({ act: "resolve", url: `http://${host}/acme/app`, token })]);
  const socket = await asked.promise;
  const ended = Promise.all([once(run, "exit"), once(socket, "close")]);
  run.kill("SIGKILL");
  expect((await ended)[0]).toEqual([null, "SIGKILL"]);
});
