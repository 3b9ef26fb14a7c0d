import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Credential } from "../src/core/credential.ts";
import { FairleadError, Stale } from "../src/core/errors.ts";
import type { Git, GitPush } from "../src/core/git/git.ts";
import { parseRepository, type Repository } from "../src/core/git/repository.ts";
import { createRedactor } from "../src/core/secret.ts";
import type { Tree, Wanted } from "../src/core/git/tree.ts";
import { createGit } from "../src/git.ts";
import { secretValue } from "../src/secrets.ts";
import { gitOptions } from "./adapter-options.ts";
import { git as runGit } from "./doubles/bare.ts";
import { startGitServer, type GitServer } from "./doubles/git-server.ts";
import { startProxy } from "./doubles/proxy.ts";
import { listen } from "./doubles/server.ts";
import { startSshServer } from "./doubles/sshd.ts";

const files = {
  "README.md": "# app\n",
  "apps/app.yaml": "image: ghcr.io/acme/app:1\n",
  "apps/other.yaml": "image: ghcr.io/acme/other:1\n",
  "run.sh": { mode: "100755", content: "#!/bin/sh\n" },
  "logo.bin": { mode: "100644", content: Uint8Array.of(0, 255, 10, 13) },
  "link.yaml": { mode: "120000", content: "apps/app.yaml" },
} as const;

const tokens = { writer: { write: ["*"] }, reader: { read: ["*"] }, stranger: {} };
let server: GitServer;
let scratch: string;
let main: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "fairlead-test-git-"));
  server = await startGitServer({ tokens });
  const app = await server.createRepository("acme/app", { files, private: true });
  main = await runGit(app, ["rev-parse", "main"]);
  await server.createRepository("acme/open", { files: { "a.txt": "a" } });
  await server.createRepository("acme/empty");
  await runGit(app, ["tag", "light", "main"]);
  await runGit(app, ["tag", "-a", "-m", "annotated", "v1", "main"]);
  await runGit(app, ["tag", "a-tree", "main^{tree}"]);
  await server.commit("acme/app", { branch: "next", files: { "README.md": "# next\n" }, message: "next" });
  await runGit(app, ["tag", "next", "main"]);
  await runGit(app, ["tag", "-a", "-m", "same", "stable", "main"]);
  await runGit(app, ["branch", "stable", "main"]);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await server.stop();
  await rm(scratch, { recursive: true });
});

const repository = (name: string, host = server.url): Repository => parseRepository(`${host}/${name}.git`);

function credential(resource: string, kind: Credential["kind"], value: string): Credential {
  return { for: resource, kind, secret: secretValue(value, kind, createRedactor()) };
}

const never = new AbortController().signal;

/** Calls Git with a token for the server, and disposes of it. */
async function withGit<T>(token: string | undefined, use: (git: Git) => Promise<T>, signal = never): Promise<T> {
  const credentials = token === undefined ? [] : [credential(server.host, "token", token)];
  await using git = createGit(gitOptions(credentials, { signal }));
  return await use(git);
}

/** Returns the text of a FairleadError, without the server's port. */
async function failureOf(doing: Promise<unknown>, host = server.host): Promise<unknown> {
  const error: unknown = await doing.then(
    () => "no error",
    (failure: unknown) => failure,
  );
  if (error instanceof Stale) return `Stale: ${error.message.replaceAll(host, "HOST")}`;
  if (!(error instanceof FairleadError)) return error;
  return `${error.code}: ${error.message.replaceAll(host, "HOST")}`;
}

async function readAll(tree: Tree, wanted?: Wanted): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const path of tree.list(wanted)) found[path] = Buffer.from(await tree.read(path)).toString("latin1");
  return found;
}

describe("resolve", () => {
  test.each([
    ["no reference", undefined],
    ["a branch", "main"],
    ["a lightweight tag", "light"],
    ["an annotated tag", "v1"],
    ["a branch and a tag of one name that are the same commit", "stable"],
    ["a full reference", "refs/tags/v1"],
    ["the full reference of a tag that is also a branch", "refs/tags/next"],
  ])("resolve finds the commit of %s", async (_what, ref) => {
    expect(await withGit("reader", (git) => git.resolve(repository("acme/app"), ref))).toEqual({
      sha: main,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/) as string,
    });
  });

  test("resolve finds a full SHA, in capitals too, and the commit of an annotated tag's own SHA", async () => {
    const tag = await runGit(join(server.folder, "acme/app.git"), ["rev-parse", "v1"]);
    const found = await withGit("reader", (git) =>
      Promise.all([main, main.toUpperCase(), tag].map(async (sha) => (await git.resolve(repository("acme/app"), sha)).sha)),
    );
    expect(found).toEqual([main, main, main]);
  });

  test.each([
    ["no-such", "not_found: find no-such in HOST/acme/app: it does not exist"],
    ["main^{}", "not_found: find main^{} in HOST/acme/app: it does not exist"],
    ["mai*", "not_found: find mai* in HOST/acme/app: it does not exist"],
    ["-x", "not_found: find -x in HOST/acme/app: it does not exist"],
    ["refs/heads/no-such", "not_found: find refs/heads/no-such in HOST/acme/app: it does not exist"],
    ["next", "input: find next in HOST/acme/app: it is a branch and a tag, and they differ"],
    ["a-tree", "not_found: find a-tree in HOST/acme/app: it is no commit"],
    ["0".repeat(39) + "1", `not_found: find ${"0".repeat(39)}1 in HOST/acme/app: the repository has no such branch, tag or commit`],
  ])("resolve says why %s is no commit", async (ref, expected) => {
    expect(await failureOf(withGit("reader", (git) => git.resolve(repository("acme/app"), ref)))).toBe(expected);
  });

  test("resolve says that a repository has no commit yet", async () => {
    expect(await failureOf(withGit(undefined, (git) => git.resolve(repository("acme/empty"), undefined)))).toBe(
      "not_found: find a commit in HOST/acme/empty: it does not exist",
    );
  });
});

describe("access", () => {
  test.each([
    ["a public repository without a token", undefined, "acme/open", "no error"],
    [
      "a private repository without a token",
      undefined,
      "acme/app",
      "unauthenticated: read HOST/acme/app: the server wants a credential, and there is none for it",
    ],
    ["a wrong token", "wrong", "acme/app", "unauthenticated: read HOST/acme/app: the server does not take the credential"],
    [
      "a token that does not see the repository",
      "stranger",
      "acme/app",
      "not_found: read HOST/acme/app: there is no such repository, or the credential does not show it",
    ],
    [
      "a repository that does not exist",
      "reader",
      "acme/none",
      "not_found: read HOST/acme/none: there is no such repository, or the credential does not show it",
    ],
  ])("a request for access answers for %s", async (_what, token, name, expected) => {
    expect(await failureOf(withGit(token, (git) => git.resolve(repository(name), undefined)))).toBe(expected);
  });

  test.each([[403], [404], [429], [503], ["reset"]] as const)("a server's status %s is translated", async (status) => {
    await using proxy = await startProxy(server.host);
    proxy.fail(10, status);
    const failure = await failureOf(
      withGit(undefined, (git) => git.resolve(repository("acme/open", proxy.url), undefined)),
      proxy.host,
    );
    expect(String(failure).split(":")[0]).toBe(status === 403 ? "forbidden" : status === 404 ? "not_found" : "unavailable");
  });

  test("a token is not sent to the host of a redirect", async () => {
    await using stack = new AsyncDisposableStack();
    const seen: (string | undefined)[] = [];
    const other = await listen(stack, (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "www-authenticate": 'Basic realm="other"' }).end();
      return Promise.resolve();
    });
    const first = await listen(stack, (request, response) => {
      if (request.headers.authorization === undefined) response.writeHead(401, { "www-authenticate": 'Basic realm="first"' }).end();
      else response.writeHead(302, { location: `http://${other}${request.url ?? ""}` }).end();
      return Promise.resolve();
    });
    await using git = createGit(gitOptions([credential(first, "token", "only-for-first")]));
    expect(await failureOf(git.resolve(repository("acme/app", `http://${first}`), undefined), first)).toBe(
      `not_found: read HOST/acme/app: the repository has moved to http://${other}/acme/app.git`,
    );
    expect(seen).toEqual([]);
  });

  test("the engine is given files that our own Git has fetched, and no token", async () => {
    const found = await withGit("reader", async (git) => {
      const commit = await git.resolve(repository("acme/app"), undefined);
      const fetched = await git.fetchFiles({ ...commit, repository: repository("acme/app"), submodules: [] });
      const path = fetched?.path ?? "";
      const names = await readdir(path, { recursive: true });
      return {
        place: fetched?.place,
        names: names.sort(),
        link: await readlink(join(path, "link.yaml")),
        text: await readFile(join(path, "README.md"), "utf8"),
      };
    });
    expect(found).toEqual({
      place: "host",
      names: ["README.md", "apps", "apps/app.yaml", "apps/other.yaml", "link.yaml", "logo.bin", "run.sh"],
      link: "apps/app.yaml",
      text: "# app\n",
    });
  });
});

describe("open", () => {
  test("open lists and reads the regular files of the default branch", async () => {
    const { branch, commit, texts } = await withGit("reader", async (git) => {
      const checkout = await git.open(repository("acme/app"), undefined);
      return { ...checkout, texts: await readAll(checkout.tree) };
    });
    expect([branch, commit.sha]).toEqual(["main", main]);
    expect(texts).toEqual({
      "README.md": "# app\n",
      "apps/app.yaml": "image: ghcr.io/acme/app:1\n",
      "apps/other.yaml": "image: ghcr.io/acme/other:1\n",
      "logo.bin": "\x00\xff\n\r",
      "run.sh": "#!/bin/sh\n",
    });
  });

  test("open lists only the files that contain one of the texts", async () => {
    const found = await withGit("reader", async (git) => {
      const { tree } = await git.open(repository("acme/app"), "main");
      return [
        await readAll(tree, { containing: ["acme/app", "# app"] }),
        await readAll(tree, { containing: ["nowhere"] }),
        await readAll(tree, { containing: ["acme.app"] }),
      ];
    });
    expect(found).toEqual([{ "README.md": "# app\n", "apps/app.yaml": "image: ghcr.io/acme/app:1\n" }, {}, {}]);
  });

  test("open says that a branch is missing; openIfThere returns nothing", async () => {
    expect(await failureOf(withGit("reader", (git) => git.open(repository("acme/app"), "no-such")))).toBe(
      "not_found: find branch no-such in HOST/acme/app: it does not exist",
    );
    expect(await withGit("reader", (git) => git.openIfThere(repository("acme/app"), "v1"))).toBeUndefined();
  });

  test("open reads several branches at once, and one again after it has moved", async () => {
    await server.createRepository("acme/busy", { files: { a: "1" } });
    const texts = await withGit("reader", async (git) => {
      const read = async (branch: string): Promise<unknown> => readAll((await git.open(repository("acme/busy"), branch)).tree);
      await Promise.all(["b", "c"].map((branch) => server.commit("acme/busy", { branch, files: { [branch]: "2" }, message: branch })));
      const before = await Promise.all(["main", "b", "c"].map(read));
      await server.commit("acme/busy", { branch: "main", files: { a: "3" }, message: "moved" });
      return [...before, await read("main")];
    });
    expect(texts).toEqual([{ a: "1" }, { a: "1", b: "2" }, { a: "1", c: "2" }, { a: "3" }]);
  });
});

describe("a large repository", () => {
  test("a large repository is fetched only as far as needed: the path, the folder's trees, matching files", async () => {
    const noise = Array.from(
      { length: 200 },
      (_, index) => [`other/${index}/app.yaml`, `app: ${"x".repeat(500)}${Math.random()}\n`] as const,
    );
    const large = Buffer.from(Array.from({ length: 200_000 }, () => Math.floor(Math.random() * 256)));
    const bare = await server.createRepository("acme/large", {
      files: {
        ...Object.fromEntries(noise),
        "apps/prod/app.yaml": "app: 1\n",
        "apps/prod/other.yaml": "b: 1\n",
        "apps/prod/app.bin": { mode: "100644", content: large },
      },
    });
    await using proxy = await startProxy(server.host);
    await using git = createGit(gitOptions([credential(proxy.host, "token", "writer")]));
    const remote = repository("acme/large", `http://${proxy.host}`);
    const { tree, commit } = await git.open(remote, undefined);
    const found = await readAll(tree, { below: "apps/prod", matching: (path) => path.endsWith(".yaml"), containing: ["app"] });
    expect(found).toEqual({ "apps/prod/app.yaml": "app: 1\n" });
    const before = proxy.requests.length;
    const files = new Map([["apps/prod/app.yaml", Buffer.from("app: 2\n")]]);
    const sha = await git.push({ repository: remote, branch: "b", parent: commit.sha, files, message: "2", expected: undefined });
    expect(await runGit(bare, ["diff", "--name-only", "main", sha])).toBe("apps/prod/app.yaml");
    expect(proxy.requests.slice(before).filter(({ path }) => path.includes("upload-pack"))).toEqual([]);
    expect(proxy.requests.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(10_000);
  });

  test("a large repository is read whole on request, with one fetch for its files", async () => {
    const files = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`apps/${index}.yaml`, `app: ${index}\n`]));
    await server.createRepository("acme/many", { files });
    await using proxy = await startProxy(server.host);
    await using git = createGit(gitOptions([]));
    const { tree } = await git.open(repository("acme/many", `http://${proxy.host}`), "main");
    expect(await readAll(tree, { containing: ["app"] })).toEqual(files);
    expect(proxy.requests.map(({ method, path }) => `${method} ${path.replace(/.*\.git\//, "")}`)).toEqual([
      "GET info/refs?service=git-upload-pack",
      ...["POST git-upload-pack"],
      ...["GET info/refs?service=git-upload-pack", "POST git-upload-pack"],
      ...["GET info/refs?service=git-upload-pack", "POST git-upload-pack"],
      ...["GET info/refs?service=git-upload-pack", "POST git-upload-pack"],
    ]);
  });
});

describe("push", () => {
  const change = (name: string, parent: string, expected: string | undefined): GitPush => ({
    repository: repository(name),
    branch: "fairlead/app",
    parent,
    files: new Map([
      ["run.sh", Buffer.from("#!/bin/sh\necho 2\n")],
      ["apps/neu ä.yaml", Uint8Array.of(1, 0, 255)],
    ]),
    message: "deploy app 2\n\nwhy\n",
    expected,
  });
  const create = async (name: string): Promise<{ bare: string; head: string }> => {
    const bare = await server.createRepository(name, { files, private: true });
    return { bare, head: await runGit(bare, ["rev-parse", "main"]) };
  };

  test("push makes a branch of one commit with the changed files and their modes", async () => {
    const { bare, head } = await create("acme/push-new");
    const sha = await withGit("writer", (git) => git.push(change("acme/push-new", head, undefined)));
    expect(await runGit(bare, ["rev-parse", "fairlead/app", "fairlead/app^"])).toBe(`${sha}\n${head}`);
    expect(await runGit(bare, ["diff", "--raw", "--no-abbrev", "main", "fairlead/app"])).toMatchInlineSnapshot(`
      ":000000 100644 0000000000000000000000000000000000000000 d9073ee29dcc67bf9606e913b01d95b63dd6b406 A	"apps/neu \\303\\244.yaml"
      :100755 100755 1a2485251c33a70432394c93fb89330ef214bfc9 77bfbb0742e004579dff8888eaaddab2a5375751 M	run.sh"
    `);
    expect(await runGit(bare, ["show", "-s", "--format=%an <%ae>%n%cn <%ce>%n%B", "fairlead/app"])).toMatchInlineSnapshot(`
      "fairlead <fairlead@fairlead.invalid>
      fairlead <fairlead@fairlead.invalid>
      deploy app 2

      why
      "
    `);
  });

  test("push takes the author from Git's own variables", async () => {
    const { bare, head } = await create("acme/push-author");
    for (const who of ["AUTHOR", "COMMITTER"]) {
      vi.stubEnv(`GIT_${who}_NAME`, `The ${who}`);
      vi.stubEnv(`GIT_${who}_EMAIL`, `${who}@example.com`);
    }
    await withGit("writer", (git) => git.push(change("acme/push-author", head, undefined)));
    expect(await runGit(bare, ["show", "-s", "--format=%an <%ae> %cn <%ce>", "fairlead/app"])).toBe(
      "The AUTHOR <AUTHOR@example.com> The COMMITTER <COMMITTER@example.com>",
    );
  });

  test("push moves a branch only from the expected commit", async () => {
    const { bare, head } = await create("acme/push-move");
    const results = await withGit("writer", async (git) => {
      const first = await git.push(change("acme/push-move", head, undefined));
      const elsewhere = await failureOf(git.push({ ...change("acme/push-move", head, head), message: "another" }));
      const present = await failureOf(git.push({ ...change("acme/push-move", first, undefined), message: "another" }));
      const second = await git.push(change("acme/push-move", first, first));
      return { elsewhere, present, parent: (await runGit(bare, ["rev-parse", `${second}^`])) === first };
    });
    const stale = "Stale: push branch fairlead/app of HOST/acme/push-move: it has moved";
    expect(results).toEqual({ elsewhere: stale, present: stale, parent: true });
  });

  test.each(["fairlead", "fairlead/app/fix"])("push names the branch %s that is in its way", async (name) => {
    const { bare, head } = await create(`acme/push-${name.length}`);
    await runGit(bare, ["update-ref", `refs/heads/${name}`, head]);
    const pushed = withGit("writer", (git) => git.push(change(`acme/push-${name.length}`, head, undefined)));
    await expect(pushed).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(new RegExp(`: the branch ${name} is in its way$`)) as string,
      hint: `rename or delete the branch ${name}`,
    });
  });

  test("push tells a branch that moved meanwhile from one that may not be written", async () => {
    const { bare, head } = await create("acme/push-hook");
    const hook = join(bare, "hooks", "pre-receive");
    await mkdir(join(bare, "hooks"), { recursive: true });
    await writeFile(hook, "#!/bin/sh\necho protected >&2\nexit 1\n", { mode: 0o755 });
    expect(await failureOf(withGit("writer", (git) => git.push(change("acme/push-hook", head, undefined))))).toBe(
      "forbidden: push branch fairlead/app of HOST/acme/push-hook: the server refused it: [remote rejected] (pre-receive hook declined)",
    );
    await writeFile(hook, `#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/fairlead/app ${head}\n`, { mode: 0o755 });
    expect(await failureOf(withGit("writer", (git) => git.push(change("acme/push-hook", head, undefined))))).toBe(
      "Stale: push branch fairlead/app of HOST/acme/push-hook: it has moved",
    );
  });

  test("push says that a token may only read, and that a parent is missing", async () => {
    const { head } = await create("acme/push-denied");
    expect(await failureOf(withGit("reader", (git) => git.push(change("acme/push-denied", head, undefined))))).toBe(
      "forbidden: push branch fairlead/app of HOST/acme/push-denied: the credential does not allow it",
    );
    expect(await failureOf(withGit("writer", (git) => git.push(change("acme/push-denied", "f".repeat(40), undefined))))).toBe(
      `not_found: find ${"f".repeat(40)} in HOST/acme/push-denied: the repository has no such branch, tag or commit`,
    );
  });

  test("push is stopped by the end of the run, or only by a signal of its own", async () => {
    const { bare } = await create("acme/push-stopped");
    const stop = new AbortController();
    const results = await withGit(
      "writer",
      async (git) => {
        const { commit } = await git.open(repository("acme/push-stopped"), undefined);
        const push = change("acme/push-stopped", commit.sha, undefined);
        const given = await failureOf(git.push(push, AbortSignal.abort()));
        stop.abort();
        return [given, await failureOf(git.push(push)), await failureOf(git.push(push, never))];
      },
      stop.signal,
    );
    expect(results).toEqual([expect.stringMatching(/^canceled: /), expect.stringMatching(/^canceled: /), "no error"]);
    expect(await runGit(bare, ["rev-list", "--count", "fairlead/app"])).toBe("2");
  });
});

describe("SSH", () => {
  test("SSH reads and pushes with the key, which an agent holds until the run ends", async () => {
    await using ssh = await startSshServer(server.folder);
    await server.createRepository("acme/ssh", { files: { a: "1" } });
    const remote = parseRepository(ssh.url("acme/ssh"));
    const credentials = [credential(ssh.host, "ssh-key", ssh.privateKey), credential(ssh.host, "known-hosts", ssh.knownHosts)];
    const git = createGit(gitOptions(credentials));
    const { tree, commit } = await git.open(remote, undefined);
    expect(await readAll(tree)).toEqual({ a: "1" });
    const files = new Map([["a", Buffer.from("2")]]);
    const sha = await git.push({ repository: remote, branch: "b", parent: commit.sha, files, message: "b", expected: undefined });
    expect((await git.resolve(remote, "b")).sha).toBe(sha);
    const fetched = await git.fetchFiles({ repository: remote, sha, date: commit.date, submodules: [] });
    expect(await readFile(join(fetched?.path ?? "", "a"), "utf8")).toBe("2");
    const folder = join(fetched?.path ?? "", "..");
    expect(await readdir(folder)).not.toEqual([]);
    expect(await commandLines()).toContain(`${folder}/`);
    await git[Symbol.asyncDispose]();
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
    expect(await commandLines()).not.toContain(`${folder}/`);
  });

  test("SSH refuses a server with an unknown key, and a key that the server does not know", async () => {
    await using ssh = await startSshServer(server.folder);
    await using another = await startSshServer(server.folder);
    const remote = parseRepository(ssh.url("acme/open"));
    const open = async (key: string, knownHosts: string): Promise<unknown> => {
      await using git = createGit(gitOptions([credential(ssh.host, "ssh-key", key), credential(ssh.host, "known-hosts", knownHosts)]));
      return await failureOf(git.open(remote, undefined), ssh.host);
    };
    const wrongKey = another.knownHosts.replace(another.host.split(":")[1] ?? "", ssh.host.split(":")[1] ?? "");
    expect(await open(ssh.privateKey, another.knownHosts)).toBe(
      "unauthenticated: read HOST/acme/open: its SSH host key is not among the known ones",
    );
    expect(await open(ssh.privateKey, wrongKey)).toBe("unauthenticated: read HOST/acme/open: its SSH host key is not among the known ones");
    expect(await open(another.privateKey, ssh.knownHosts)).toBe(
      "unauthenticated: read HOST/acme/open: the server does not take the credential",
    );
    expect(await open("nonsense", ssh.knownHosts)).toBe("input: load SSH key ssh-key: it is not a private key, or it has a passphrase");
    expect(await open(await lockedKey(), ssh.knownHosts)).toBe(
      "input: load SSH key ssh-key: it is not a private key, or it has a passphrase",
    );
  });

  test("SSH needs known hosts and a key", async () => {
    const remote = parseRepository("git@git.example.com:acme/app.git");
    const fail = (credentials: readonly Credential[]): Promise<unknown> =>
      failureOf(createGit(gitOptions(credentials)).checkAccess(remote));
    expect(await fail([])).toBe("unauthenticated: use git.example.com/acme/app over SSH: there is no key");
    expect(await fail([credential("git.example.com", "ssh-key", "key")])).toBe(
      "unauthenticated: use git.example.com/acme/app over SSH: there are no known hosts",
    );
  });
});

describe("cleanFolder", () => {
  const inside = (folder: string, ...args: readonly string[]): Promise<string> =>
    runGit(join(folder, ".git"), ["--work-tree", folder, ...args]);
  const clone = async (): Promise<string> => {
    const folder = await mkdtemp(join(scratch, "clone-"));
    await inside(folder, "init", "--quiet", "--initial-branch=main");
    await mkdir(join(folder, "services/api"), { recursive: true });
    await writeFile(join(folder, "services/api/Dockerfile"), "FROM scratch\n");
    await writeFile(join(folder, ".gitignore"), "*.log\n");
    await inside(folder, "add", "--all");
    await inside(folder, "commit", "--quiet", "--message=first");
    await inside(folder, "remote", "add", "origin", "https://x-access-token:gone@github.com/acme/app.git");
    return folder;
  };
  const read = (folder: string): Promise<unknown> => withGit(undefined, (git) => git.cleanFolder(folder));

  test("cleanFolder returns the commit of origin and the folder's part of the repository", async () => {
    const folder = await clone();
    const commit = { sha: await inside(folder, "rev-parse", "HEAD"), date: await inside(folder, "show", "-s", "--format=%cI") };
    const origin = parseRepository("https://github.com/acme/app.git");
    expect(await read(folder)).toEqual({ repository: origin, commit, prefix: "" });
    await writeFile(join(folder, "elsewhere.txt"), "is of no interest to a folder beside it");
    expect(await read(join(folder, "services/api"))).toEqual({ repository: origin, commit, prefix: "services/api/" });
  });

  const listed = "commit or remove what git status --ignored lists";
  const reasons: Readonly<Record<string, unknown>> = {
    "a changed file": { notClean: "services/api/Dockerfile is changed", hint: listed },
    "a new file": { notClean: "new.txt is not in the commit", hint: listed },
    "a file that Git ignores": { notClean: "debug.log is not in the commit", hint: listed },
    "a changed file that Git was told to look away from": { notClean: ".gitignore is changed", hint: listed },
    "a missing file": { notClean: "services/api/Dockerfile is missing", hint: listed },
    "no commit": { notClean: "its repository has no commit", hint: "commit its files" },
    "no repository": { notClean: "it is in no Git repository", hint: "name a folder of a clone" },
  };

  test.each([
    ["a changed file", (folder: string) => writeFile(join(folder, "services/api/Dockerfile"), "FROM alpine\n")],
    ["a new file", (folder: string) => writeFile(join(folder, "new.txt"), "")],
    ["a file that Git ignores", (folder: string) => writeFile(join(folder, "debug.log"), "")],
    [
      "a changed file that Git was told to look away from",
      async (folder: string) => {
        await inside(folder, "update-index", "--skip-worktree", ".gitignore");
        await writeFile(join(folder, ".gitignore"), "");
      },
    ],
    ["a missing file", (folder: string) => rm(join(folder, "services/api/Dockerfile"))],
    ["no commit", (folder: string) => inside(folder, "update-ref", "-d", "HEAD")],
    ["no repository", (folder: string) => rm(join(folder, ".git"), { recursive: true })],
  ])("cleanFolder says why a folder with %s is no clean commit", async (what, change) => {
    const folder = await clone();
    await change(folder);
    expect(await read(folder)).toEqual(reasons[what]);
  });

  test("cleanFolder says that there is no folder", async () => {
    expect(await failureOf(read("/no/such"))).toBe("not_found: read folder /no/such: it does not exist");
  });
});

describe("traces of a run", () => {
  test("Git leaves nothing in the temporary folder, also after an error", async () => {
    const folder = await mkdtemp(join(scratch, "tmp-"));
    vi.stubEnv("TMPDIR", folder);
    await withGit("reader", (git) => git.open(repository("acme/app"), undefined));
    await failureOf(withGit("reader", (git) => git.open(repository("acme/none"), undefined)));
    expect(await readdir(folder)).toEqual([]);
  });

  test("Git leaves no process and no file after a fetch was stopped while the server was silent", async () => {
    await using stack = new AsyncDisposableStack();
    const stop = new AbortController();
    const silent = await listen(stack, () => {
      stop.abort();
      return Promise.resolve();
    });
    const folder = await mkdtemp(join(scratch, "tmp-"));
    vi.stubEnv("TMPDIR", folder);
    const remote = repository("acme/app", `http://${silent}`);
    expect(await failureOf(withGit(undefined, (git) => git.open(remote, undefined), stop.signal))).toBe("canceled: git ls-remote: stopped");
    expect(await readdir(folder)).toEqual([]);
    expect(await commandLines()).not.toContain(silent);
  });

  test("Git gets no secret in an argument, and none of our variables", async () => {
    const log = join(scratch, "calls");
    const folder = await mkdtemp(join(scratch, "bin-"));
    // `tr` and not `env`: a wrapper sees what any process of this user could
    await writeFile(
      join(folder, "git"),
      `#!/bin/sh\nPATH=\${PATH#*:}\n{ tr '\\0' ' ' </proc/$$/cmdline; echo; tr '\\0' '\\n' </proc/$$/environ | sed 's/=.*//;s/^/ /'; } >>${log}\nexec git "$@"\n`,
      { mode: 0o755 },
    );
    vi.stubEnv("PATH", folder + delimiter + (process.env.PATH ?? ""));
    vi.stubEnv("GIT_DIR", "/nonexistent");
    vi.stubEnv("GIT_INDEX_FILE", "/nonexistent");
    vi.stubEnv("GIT_TRACE_CURL", "1");
    vi.stubEnv("EDITOR", "false");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "not-for-git");
    await withGit("reader", (git) => git.open(repository("acme/app"), undefined));
    const calls = await readFile(log, "utf8");
    expect(calls.match(/git ls-remote/g)).toHaveLength(1);
    expect(calls).not.toMatch(/reader|GIT_INDEX_FILE|GIT_TRACE|EDITOR|AWS_/);
    expect(calls).toContain("FAIRLEAD_GIT_TOKEN");
  });
});

/** Returns a private key that has a passphrase. */
async function lockedKey(): Promise<string> {
  const path = join(scratch, "locked");
  await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "a passphrase", "-f", path]);
  return await readFile(path, "utf8");
}

async function commandLines(): Promise<string> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(processes.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.join("\n").replaceAll("\0", " ");
}
