import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Credential } from "../../src/core/credential.ts";
import { FairleadError, Stale } from "../../src/core/errors.ts";
import type { Checkout, GitPush, RemoteGit } from "../../src/core/git/git.ts";
import type { ApiGit } from "../../src/core/git/provider.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { treeBelow, type Tree, type Wanted } from "../../src/core/git/tree.ts";
import { createGit } from "../../src/git.ts";
import { github } from "../../src/git-providers/github.ts";
import { secretValue } from "../../src/secrets.ts";
import { adapterOptions, gitOptions } from "../adapter-options.ts";
import { git, type FileContent } from "../doubles/bare.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { startProxy } from "../doubles/proxy.ts";
import { allowSettings } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";

const tokens = {
  writer: { login: "ann", write: ["*"] },
  app: { login: "deployer[bot]", write: ["*"] },
  reader: { login: "eye", read: ["*"] },
  stranger: { login: "eve" },
};
const files: Readonly<Record<string, FileContent>> = {
  "README.md": "# app\n",
  "apps/app.yaml": "image: ghcr.io/acme/app:1\n",
  "apps/other.yaml": "image: ghcr.io/acme/other:1\n",
  "empty.yaml": "",
  "latin.yaml": { mode: "100644", content: Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a) },
  "logo.bin": { mode: "100644", content: Uint8Array.of(0, 255, 10, 13) },
  "run.sh": { mode: "100755", content: "#!/bin/sh\n" },
  "link.yaml": { mode: "120000", content: "apps/app.yaml" },
};

let server: GitHub;
let bare: string;
let main: string;

beforeAll(async () => {
  server = await startGitHub({ tokens });
  bare = await server.createRepository("acme/app", { files, private: true });
  main = await git(bare, ["rev-parse", "main"]);
  await server.createRepository("acme/empty");
  await git(bare, ["tag", "light", "main"]);
  await git(bare, ["tag", "-a", "-m", "annotated", "v1", "main"]);
  await git(bare, ["tag", "-a", "-m", "a tag of a tag", "v1-again", "v1"]);
  await git(bare, ["tag", "a-tree", "main^{tree}"]);
  await server.commit("acme/app", { branch: "next", files: { "README.md": "# next\n" }, message: "next" });
  await git(bare, ["tag", "next", "main"]);
  await git(bare, ["tag", "-a", "-m", "same", "stable", "main"]);
  await git(bare, ["branch", "stable", "main"]);
  await git(bare, ["update-ref", "refs/pull/5/merge", await commitAt("2026-02-03T04:05:06+05:30", ["main", "refs/heads/next"])]);
  await git(bare, ["branch", "utc", await commitAt("2026-02-03T04:05:06+00:00", ["main"])]);
});

afterAll(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

function commitAt(date: string, parents: readonly string[]): Promise<string> {
  const on = parents.flatMap((parent) => ["-p", parent]);
  return git(bare, ["commit-tree", "main^{tree}", ...on, "-m", "dated"], { env: { GIT_COMMITTER_DATE: date } });
}

const at = (name: string, url = server.url): Repository => parseRepository(`${url}/${name}`);
const never = new AbortController().signal;

function credentials(token: string | undefined, host: string): Credential[] {
  return token === undefined ? [] : [{ for: host, kind: "token", secret: secretValue(token, "token", createRedactor()) }];
}

function byApi(token: string | undefined, signal = never, url = server.url): ApiGit {
  const { host } = new URL(url);
  const settings = allowSettings(github, { url, api: `${url}/api/v3` }, publicServers);
  const made = github.create(adapterOptions({ credentials: credentials(token, host), settings, signal })).git;
  if (made === undefined) throw new Error("GitHub's adapter has no Git");
  return made;
}

/** Does the same by both adapters, and returns the result of each. */
async function byBoth<T>(
  token: string | undefined,
  use: (remote: RemoteGit, by: "git" | "api") => Promise<T>,
): Promise<[unknown, unknown]> {
  await using plain = createGit(gitOptions(credentials(token, server.host)));
  return [await said(use(plain, "git")), await said(use(byApi(token), "api"))];
}

/** Returns the result, or the whole text of the error. */
async function said(doing: Promise<unknown>, host = server.host): Promise<unknown> {
  try {
    return await doing;
  } catch (error) {
    if (error instanceof Stale) return `Stale: ${error.message.replaceAll(host, "HOST")}`;
    if (!(error instanceof FairleadError)) return error;
    return `${error.code}: ${error.message.replaceAll(host, "HOST")} (${error.hint ?? "no hint"})`;
  }
}

async function readAll(tree: Tree, wanted?: Wanted): Promise<Readonly<Record<string, string>>> {
  const paths = await Array.fromAsync(tree.list(wanted));
  return Object.fromEntries(
    await Promise.all(paths.sort().map(async (path) => [path, Buffer.from(await tree.read(path)).toString("latin1")] as const)),
  );
}

describe("resolve", () => {
  test.each([
    ["no reference", undefined],
    ["a branch", "main"],
    ["a lightweight tag", "light"],
    ["an annotated tag", "v1"],
    ["a tag of a tag", "v1-again"],
    ["a branch and a tag of one name that are the same commit", "stable"],
    ["a full reference", "refs/tags/v1"],
    ["the full reference of a tag that is also a branch", "refs/tags/next"],
  ])("resolve answers as Git does for %s", async (_what, ref) => {
    const [plain, api] = await byBoth("reader", (remote) => remote.resolve(at("acme/app"), ref));
    expect(api).toEqual({ sha: main, date: expect.any(String) as string });
    expect(api).toEqual(plain);
  });

  test("resolve answers as Git does for a merged pull request, with the committer's offset", async () => {
    const [plain, api] = await byBoth("reader", async (remote) => [
      await remote.resolve(at("acme/app"), "refs/pull/5/merge"),
      await remote.resolve(at("acme/app"), "utc"),
    ]);
    expect(api).toMatchObject([{ date: "2026-02-03T04:05:06+05:30" }, { date: "2026-02-03T04:05:06+00:00" }]);
    expect(api).toEqual(plain);
  });

  test("resolve answers as Git does for a full SHA and for an annotated tag's own", async () => {
    const tag = await git(bare, ["rev-parse", "v1-again"]);
    const [plain, api] = await byBoth("reader", (remote) =>
      Promise.all([main, main.toUpperCase(), tag].map(async (sha) => (await remote.resolve(at("acme/app"), sha)).sha)),
    );
    expect(api).toEqual([main, main, main]);
    expect(api).toEqual(plain);
  });

  test.each(["no-such", "main^{}", "mai*", "-x", "refs/heads/no-such", "next", "a-tree", `${"0".repeat(39)}1`])(
    "resolve answers as Git does for %s, which is no commit",
    async (ref) => {
      const [plain, api] = await byBoth("reader", (remote) => remote.resolve(at("acme/app"), ref));
      expect(api).toMatch(/^(not_found|input): find /);
      expect(api).toBe(plain);
    },
  );

  test("resolve answers as Git does for a repository without a commit", async () => {
    const [plain, api] = await byBoth(undefined, (remote) => remote.resolve(at("acme/empty"), undefined));
    expect(api).toBe("not_found: find a commit in HOST/acme/empty: it does not exist (no hint)");
    expect(api).toBe(plain);
  });

  test("resolve without a token uses the REST API alone, whose dates are in UTC", async () => {
    const folder = await server.createRepository("acme/open", { files: { "a.yaml": "a\n" } });
    const sha = await git(folder, ["rev-parse", "main"]);
    await git(folder, ["tag", "-a", "-m", "open", "v1", "main"]);
    const from = server.requests.length;
    const remote = byApi(undefined);
    const found = await Promise.all(["main", "v1", sha].map((ref) => remote.resolve(at("acme/open"), ref)));
    expect(found.map((commit) => commit.sha)).toEqual([sha, sha, sha]);
    expect(found[0]?.date).toMatch(/\+00:00$/);
    expect(await readAll((await remote.open(at("acme/open"), undefined)).tree, { containing: ["a"] })).toEqual({ "a.yaml": "a\n" });
    expect(server.requests.slice(from).filter(({ path }) => path === "/api/graphql")).toEqual([]);
  });
});

describe("open", () => {
  test("open answers as Git does, with branch, commit, parents and regular files", async () => {
    await git(bare, ["branch", "merged", "refs/pull/5/merge"]);
    const show = async ({ tree, ...checkout }: Checkout): Promise<unknown> => ({ ...checkout, files: await readAll(tree) });
    const [plain, api] = await byBoth("reader", async (remote) => [
      await show(await remote.open(at("acme/app"), undefined)),
      await show(await remote.open(at("acme/app"), "merged")),
    ]);
    expect(api).toMatchObject([
      {
        branch: "main",
        commit: { sha: main },
        parents: [],
        files: { "empty.yaml": "", "latin.yaml": "caf\xe9\n", "logo.bin": "\x00\xff\n\r", "run.sh": "#!/bin/sh\n" },
      },
      { branch: "merged", parents: [main, await git(bare, ["rev-parse", "refs/heads/next"])] },
    ]);
    expect(api).toEqual(plain);
  });

  test("open lists only files below a folder that contain one of the texts, as Git does", async () => {
    const [plain, api] = await byBoth("reader", async (remote) => {
      const { tree } = await remote.open(at("acme/app"), "main");
      const matching = (path: string): boolean => path.endsWith(".yaml");
      return [
        await readAll(tree, { containing: ["acme/app", "# app"] }),
        await readAll(tree, { containing: ["acme.app"] }),
        await readAll(treeBelow(tree, "apps"), { matching, containing: ["other"] }),
      ];
    });
    expect(api).toEqual([
      { "README.md": "# app\n", "apps/app.yaml": "image: ghcr.io/acme/app:1\n" },
      {},
      { "other.yaml": "image: ghcr.io/acme/other:1\n" },
    ]);
    expect(api).toEqual(plain);
  });

  test("open answers as Git does for a missing branch", async () => {
    const [plain, api] = await byBoth("reader", async (remote) => [
      await remote.openIfThere(at("acme/app"), "v1"),
      await said(remote.open(at("acme/app"), "no-such")),
    ]);
    expect(api).toEqual([
      undefined,
      "not_found: find branch no-such in HOST/acme/app: it does not exist (name a branch of this repository)",
    ]);
    expect(api).toEqual(plain);
  });

  test("open answers as Git does after the branch has moved", async () => {
    await server.createRepository("acme/busy", { files: { a: "1" } });
    const remote = byApi("reader");
    const read = async (): Promise<unknown> => readAll((await remote.open(at("acme/busy"), "main")).tree);
    const before = await read();
    await server.commit("acme/busy", { branch: "main", files: { a: "2" }, message: "moved" });
    expect([before, await read()]).toEqual([{ a: "1" }, { a: "2" }]);
  });

  test("open answers as Git does for a tree that GitHub lists only folder by folder", async () => {
    await using small = await startGitHub({ tokens, treeLimit: 3 });
    const content = { "a/1": "1", "a/2": "2", "b/c/1": "3", "b/c/2": "4", "b/d/1": "5", top: "6" };
    await small.createRepository("acme/large", { files: content });
    const { tree } = await byApi("reader", never, small.url).open(at("acme/large", small.url), undefined);
    const from = small.requests.length;
    expect(await Array.fromAsync(tree.list({ below: "b/d" }))).toEqual(["b/d/1"]);
    expect(small.requests.slice(from).map(({ path }) => path.replace(/\/[0-9a-f]{40}/, "/SHA"))).toEqual([
      "/repos/acme/large/git/trees/SHA?recursive=1",
      "/repos/acme/large/git/trees/SHA",
      "/repos/acme/large/git/trees/SHA?recursive=1",
      "/repos/acme/large/git/trees/SHA",
      "/repos/acme/large/git/trees/SHA?recursive=1",
    ]);
    expect(await readAll(tree)).toEqual(content);
    await small.createRepository("acme/wide", { files: { "1": "", "2": "", "3": "", "4": "" } });
    const wide = await byApi("reader", never, small.url).open(at("acme/wide", small.url), undefined);
    expect(await said(Array.fromAsync(wide.tree.list()), small.host)).toBe(
      "unsupported: read HOST/acme/wide: its folder / has more entries than GitHub lists (name a folder in which to search)",
    );
    expect([small.unknown, small.violations]).toEqual([[], []]);
  });

  test("open answers as Git does for a file of 3 MB, which GraphQL would truncate", async () => {
    const content = Buffer.alloc(3_000_000, "0123456789\n").toString();
    await server.createRepository("acme/big", { files: { "big.yaml": content, "middle.yaml": content.slice(0, 99_999) } });
    const { tree } = await byApi("reader").open(at("acme/big"), undefined);
    expect(await readAll(tree)).toEqual({ "big.yaml": content, "middle.yaml": content.slice(0, 99_999) });
  });
});

describe("push", () => {
  type Edit = Readonly<Record<string, string | Uint8Array>>;
  let count = 0;

  const change = (name: string, parent: string, expected: string | undefined, edit: Edit = { "apps/app.yaml": "image: 2\n" }): GitPush => ({
    repository: at(name),
    branch: "fairlead/app",
    parent,
    files: new Map(Object.entries(edit).map(([path, content]) => [path, Buffer.from(content)])),
    message: "deploy app 2\n\nwhy\n\nImage: app:2\n",
    expected,
  });

  /** A repository for each adapter, and its content. */
  const create = async (): Promise<{ name: string; folder: string; head: string }> => {
    const name = `acme/push-${++count}`;
    const folder = await server.createRepository(name, { files, private: true });
    return { name, folder, head: await git(folder, ["rev-parse", "main"]) };
  };

  // GitHub may end a message without a newline.
  const show = async (folder: string, ref: string): Promise<string> =>
    (await git(folder, ["show", "-s", "--format=%T%n%B", ref])).trimEnd();
  const isSigned = async (folder: string, ref: string): Promise<boolean> =>
    /^gpgsig /m.test(await git(folder, ["cat-file", "commit", ref]));

  test.each<[string, Edit]>([
    ["texts", { "apps/app.yaml": "image: 2\r\n", "apps/neu ä.yaml": "\ufeffa: \u{1f600}\n" }],
    [
      "bytes, and nothing",
      { "logo.bin": Uint8Array.of(1, 0, 255), "latin.yaml": Uint8Array.of(0xe9), "empty.yaml": "", "zero.txt": "a\0b" },
    ],
    ["a program, which stays one", { "run.sh": "#!/bin/sh\necho 2\n", "apps/app.yaml": "image: 2\n" }],
    ["a link, which becomes a file", { "link.yaml": "a: 1\n" }],
    ["more than fits into one request", { "big.txt": "0123456789\n".repeat(200_000), "run.sh": "x".repeat(1_100_000) }],
    ["nothing", {}],
  ])("a push of %s makes Git's tree: on a new branch, on top, and from a later base", async (_what, edit) => {
    const made = await byBoth("writer", async (remote) => {
      const { name, folder, head } = await create();
      const first = await remote.push(change(name, head, undefined, edit));
      const shown = [await show(folder, "fairlead/app"), await git(folder, ["rev-list", "--count", "fairlead/app"])];
      const second = await remote.push(change(name, first, first, { ...edit, "apps/other.yaml": "3\n" }));
      shown.push(await show(folder, "fairlead/app"), await git(folder, ["rev-list", "--count", "fairlead/app"]));
      const base = await server.commit(name, { branch: "main", files: { "README.md": "later\n" }, message: "later" });
      const third = await remote.push(change(name, base, second, edit));
      expect(await git(folder, ["rev-parse", "fairlead/app", "fairlead/app^"])).toBe(`${third}\n${base}`);
      return [...shown, await show(folder, "fairlead/app"), await git(folder, ["ls-tree", "-r", "fairlead/app"])];
    });
    expect(made[1]).toEqual(made[0]);
    expect(made[1]).toHaveLength(6);
  });

  test("a push of any edit makes the same tree as Git", { timeout: 300_000 }, async () => {
    const { name, folder, head } = await create();
    await using plain = createGit(gitOptions(credentials("writer", server.host)));
    const api = byApi("writer");
    const path = fc.oneof(
      fc.constantFrom(...Object.keys(files)),
      fc.stringMatching(/^[a-zä "'*-]{1,8}$/).map((text) => `new/${text}`),
      fc.stringMatching(/^[\w.]{1,4}$/).map((text) => `apps/deep/${text}.yaml`),
    );
    const content = fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array(), fc.constant("a: 1\n"));
    const edit = fc.dictionary(
      path.filter((text) => !/[/]\.{1,2}$/.test(text)),
      content,
      { maxKeys: 6, noNullPrototype: true },
    );
    let branch = 0;
    await fc.assert(
      fc.asyncProperty(edit, edit, async (first, second) => {
        const trees = await Promise.all(
          [plain, api].map(async (remote) => {
            const push = { ...change(name, head, undefined, first), branch: `b${++branch}` };
            const made = await remote.push(push);
            await remote.push({ ...change(name, made, made, second), branch: push.branch });
            return await git(folder, ["rev-parse", `${push.branch}^{tree}`, `${push.branch}~1^{tree}`]);
          }),
        );
        expect(trees[1]).toBe(trees[0]);
      }),
      { numRuns: 10 },
    );
  });

  test("a push is signed for an App always, for a person only on top of a branch", async () => {
    const signed = async (token: string): Promise<unknown> => {
      const { name, folder, head } = await create();
      const remote = byApi(token);
      const first = await remote.push(change(name, head, undefined));
      const second = await remote.push(change(name, first, first, { "apps/app.yaml": "3\n" }));
      return [await isSigned(folder, first), await isSigned(folder, second), await git(folder, ["log", "--format=%an", "fairlead/app"])];
    };
    expect([await signed("app"), await signed("writer")]).toEqual([
      [true, true, "deployer[bot]\ndeployer[bot]\nA Person"],
      [false, true, "ann\nann\nA Person"],
    ]);
  });

  test("a push is stale if the branch has moved, exists already, or was deleted", async () => {
    const [plain, api] = await byBoth("writer", async (remote) => {
      const { name, head } = await create();
      const first = await remote.push(change(name, head, undefined));
      return [
        // other content: the same content would make the same commit within one second
        await said(remote.push(change(name, head, head, { "apps/app.yaml": "image: 3\n" }))),
        await said(remote.push(change(name, first, undefined))),
        await said(remote.push({ ...change(name, head, first), branch: "gone" })),
        await said(remote.push({ ...change(name, head, head), branch: "gone" })),
      ].map((text) => String(text).replace(/push-\d+/, "N"));
    });
    const stale = "Stale: push branch fairlead/app of HOST/acme/N: it has moved";
    expect(api).toEqual([stale, stale, stale.replace("fairlead/app", "gone"), stale.replace("fairlead/app", "gone")]);
    expect(api).toEqual(plain);
  });

  test("a push is stale if the branch moves between the last read and the write", async () => {
    const { name, folder, head } = await create();
    let meanwhile: (() => Promise<unknown>) | undefined;
    await using proxy = await startProxy(server.host, {
      async onRequest(request) {
        if (request.url !== "/api/graphql" || request.method !== "POST" || meanwhile === undefined) return;
        const act = meanwhile;
        meanwhile = undefined;
        await act();
      },
    });
    const remote = byApi("writer", never, proxy.url);
    const repository = at(name, proxy.url);
    await readAll((await remote.open(repository, "main")).tree);
    const first = await remote.push({ ...change(name, head, undefined), repository });
    await readAll((await remote.open(repository, "fairlead/app")).tree);
    const move = async (branch: string): Promise<string> =>
      await server.commit(name, { branch, files: { [`of ${branch}`]: "somebody's" }, message: "meanwhile" });
    const results: unknown[] = [];
    for (const [branch, parent, expected] of [
      ["fairlead/app", first, first], // by createCommitOnBranch
      ["fairlead/app", head, undefined], // by updateRefs, anew: `expected` is read just before
      ["fresh", head, undefined], // by updateRefs, created
    ] as const) {
      const existing = branch === "fresh" ? undefined : await git(folder, ["rev-parse", branch]);
      meanwhile = () => move(branch);
      results.push(await said(remote.push({ ...change(name, parent, expected ?? existing), branch, repository }), proxy.host));
      expect(await git(folder, ["show", `${branch}:of ${branch}`])).toBe("somebody's");
    }
    expect(results).toEqual(
      ["fairlead/app", "fairlead/app", "fresh"].map((branch) => `Stale: push branch ${branch} of HOST/${name}: it has moved`),
    );
  });

  test("a refused push is stale if the branch has moved, else unavailable", async () => {
    const { name, head } = await create();
    const remote = byApi("writer");
    const first = await remote.push(change(name, head, undefined));
    const results: unknown[] = [];
    for (const expected of [head, first]) {
      const body = { data: null, errors: [{ message: "Something went wrong." }] };
      server.fail({ path: /graphql/, status: 200, body });
      results.push(await said(remote.push(change(name, head, expected, { "run.sh": "2" }))));
    }
    expect(results).toEqual([
      `Stale: push branch fairlead/app of HOST/${name}: it has moved`,
      `unavailable: push branch fairlead/app of HOST/${name}: GitHub refused it: Something went wrong. (no hint)`,
    ]);
  });

  test("a push lands beside 15 concurrent ones, after as many stale attempts as needed", { timeout: 300_000 }, async () => {
    const { name, folder } = await create();
    const programs = Object.fromEntries(
      Array.from({ length: 4 }, (_, index) => [`run-${index}`, { mode: "100755", content: "old" } as const]),
    );
    await server.commit(name, { branch: "main", files: programs, message: "programs" });
    const remote = byApi("writer");
    const push = async (path: string): Promise<string> => {
      for (;;) {
        const { commit } = await remote.open(at(name), "main");
        try {
          return await remote.push({ ...change(name, commit.sha, commit.sha, { [path]: path }), branch: "main" });
        } catch (error) {
          if (!(error instanceof Stale)) throw error;
        }
      }
    };
    const paths = Array.from({ length: 16 }, (_, index) => (index < 4 ? `run-${index}` : `new-${index}`));
    const commits = await Promise.all(paths.map(push));
    const found = await Promise.all(paths.map((path) => git(folder, ["show", `main:${path}`])));
    expect([new Set(commits).size, await git(folder, ["rev-list", "--count", "main"]), found]).toEqual([16, "18", paths]);
  });

  test("a push to a branch that a ruleset protects fails in GitHub's words, without traces", async () => {
    const [plain, api] = await byBoth("writer", async (remote) => {
      const { name, folder, head } = await create();
      await server.protect(name, "main", "Changes must be made through a pull request.");
      await server.protect(name, "fairlead/app", "Cannot create ref due to creations being restricted.");
      const results = [
        await said(remote.push({ ...change(name, head, head), branch: "main" })),
        await said(remote.push({ ...change(name, head, head, { "run.sh": "2" }), branch: "main" })),
        await said(remote.push(change(name, head, undefined))),
      ];
      expect(await git(folder, ["for-each-ref", "--format=%(objectname) %(refname)"])).toBe(`${head} refs/heads/main`);
      return results.map((text) => String(text).replace(/push-\d+/, "N"));
    });
    const hint = "(let the credential's owner write to this branch, or use another one)";
    const direct = `forbidden: push branch main of HOST/acme/N: the server refused it: Repository rule violations found Changes must be made through a pull request. ${hint}`;
    expect(api).toEqual([
      direct,
      direct,
      `forbidden: push branch fairlead/app of HOST/acme/N: the server refused it: Repository rule violations found Cannot create ref due to creations being restricted. ${hint}`,
    ]);
    const withoutWhy = (texts: unknown): string[] => (texts as string[]).map((text) => text.replace(/(refused it: ).*( \()/, "$1…$2"));
    expect(withoutWhy(api)).toEqual(withoutWhy(plain));
  });

  test("a push names the branch that is in its way", async () => {
    const found = await byBoth("writer", async (remote) => {
      const { name, folder, head } = await create();
      await git(folder, ["update-ref", "refs/heads/fairlead", head]);
      return String(await said(remote.push(change(name, head, undefined)))).replace(/push-\d+/, "N");
    });
    const expected =
      "conflict: push branch fairlead/app of HOST/acme/N: the branch fairlead is in its way (rename or delete the branch fairlead)";
    expect(found).toEqual([expected, expected]);
  });

  test("a push with a read-only token is forbidden, and a missing parent is not found", async () => {
    const { name, head } = await create();
    const [plain, api] = await byBoth("reader", (remote) => remote.push(change(name, head, undefined)));
    expect([plain, api]).toEqual([
      `forbidden: push branch fairlead/app of HOST/${name}: the credential does not allow it (use a token or key that may read this repository, and write to it for a push)`,
      `forbidden: push branch fairlead/app of HOST/${name}: the token does not allow it (Resource not accessible by personal access token) (use a token with pull-requests: write and contents: write on the repository)`,
    ]);
    const appended = await said(byApi("reader").push({ ...change(name, head, head), branch: "main" }));
    expect(appended).toBe(
      `forbidden: push branch main of HOST/${name}: the server refused it: Resource not accessible by personal access token (let the credential's owner write to this branch, or use another one)`,
    );
    const missing = await byBoth("writer", (remote) => remote.push(change(name, "f".repeat(40), undefined)));
    expect(missing[1]).toMatch(/^not_found: find f{40} in HOST\/acme\/push-\d+: the repository has no such branch, tag or commit \(/);
    expect(missing[1]).toBe(missing[0]);
  });

  test("a push is stopped by the end of the run, or only by a signal of its own", async () => {
    const { name, folder } = await create();
    const stop = new AbortController();
    const remote = byApi("writer", stop.signal);
    const { commit } = await remote.open(at(name), undefined);
    const push = change(name, commit.sha, undefined);
    const given = await said(remote.push(push, AbortSignal.abort()));
    stop.abort();
    const results = [given, await said(remote.push(push)), await said(remote.push(push, never))];
    expect(results).toEqual([/^canceled: /, /^canceled: /, /^[0-9a-f]{40}$/].map((pattern) => expect.stringMatching(pattern) as string));
    expect(await git(folder, ["rev-list", "--count", "fairlead/app"])).toBe("2");
  });
});

describe("failures", () => {
  const missing = "there is no such repository or pull request, or the token does not show it";
  test.each([
    ["a token that GitHub does not know", "wrong", "acme/app", "unauthenticated: read HOST/acme/app: GitHub does not know the token"],
    ["a token that does not see the repository", "stranger", "acme/app", `not_found: read HOST/acme/app: ${missing}`],
    ["no token for a private repository", undefined, "acme/app", `not_found: read HOST/acme/app: ${missing}`],
    ["a repository that does not exist", "reader", "acme/none", `not_found: read HOST/acme/none: ${missing}`],
    ["a path that is no repository", "reader", "acme/a/b", "input: read HOST/acme/a/b: a repository on GitHub is OWNER/NAME"],
  ])("a failure of GitHub is translated: %s", async (_what, token, name, expected) => {
    const remote = byApi(token);
    const failures = [remote.resolve(at(name), undefined), remote.resolve(at(name), "main"), remote.openIfThere(at(name), "main")];
    for (const failure of failures) expect(String(await said(failure)).replace(/ \(.*\)$/, "")).toBe(expected);
  });

  test("a passing failure is retried in reads, also of GraphQL, and not in writes", async () => {
    const name = "acme/passing";
    const folder = await server.createRepository(name, { files });
    const head = await git(folder, ["rev-parse", "main"]);
    server.fail({ path: /\/git\/ref\//, status: 502 });
    server.fail({ path: /graphql/, status: 503, times: 2 });
    const remote = byApi("writer");
    expect((await remote.open(at(name), "main")).commit.sha).toBe(head);
    server.fail({ path: /graphql/, status: 502 });
    const push = { repository: at(name), branch: "main", parent: head, expected: head, files: new Map(), message: "x" };
    expect(await said(remote.push(push))).toMatch(/^unavailable: push branch main of HOST\/acme\/passing: GitHub answered 502/);
    expect(await git(folder, ["rev-parse", "main"])).toBe(head);
  });

  test.each([
    ["a rate limit", { type: "RATE_LIMITED", message: "API rate limit exceeded" }, "unavailable"],
    ["a query that took too long", { message: "Something went wrong while executing your query." }, "unavailable"],
    ["a permission", { type: "FORBIDDEN", message: "Resource not accessible by integration" }, "forbidden"],
    ["a repository that is gone", { type: "NOT_FOUND", message: "Could not resolve to a Repository" }, "not_found"],
    ["a query that GitHub does not know", { message: "Field 'x' doesn't exist", extensions: { code: "undefinedField" } }, "internal"],
  ])("an error in an answer of 200 is a failure: %s", async (_what, error, code) => {
    // the primary limit is reset in an hour: a secondary one would be waited for
    server.fail({ path: /graphql/, status: 200, headers: { "x-ratelimit-remaining": "0" }, body: { data: null, errors: [error] } });
    expect(await said(byApi("reader").resolve(at("acme/app"), main))).toMatch(new RegExp(`^${code}: find ${main} in HOST/acme/app: `));
  });

  test("a failure of one batch is that of each of its files, and another read succeeds", async () => {
    const { tree } = await byApi("reader").open(at("acme/app"), "main");
    const paths = await Array.fromAsync(tree.list());
    server.fail({ path: /graphql/, status: 403 });
    expect(await said(Promise.all(paths.map((path) => tree.read(path))))).toMatch(/^forbidden: read HOST\/acme\/app: /);
    expect(Buffer.from(await tree.read("README.md")).toString()).toBe("# app\n");
    expect(await said(tree.read("link.yaml"))).toMatch(/^internal: read link.yaml in HOST\/acme\/app: it is no regular file/);
  });
});

test("an edit of 3 of 2,000 files takes 28 requests, and 9 if one folder is searched", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, index) => [`apps/${Math.floor(index / 20)}/app-${index}.yaml`, `image: acme/app-${index}:1\n`]),
  );
  const folder = await server.createRepository("acme/many", { files: many });
  const edit = async (branch: string, below: string): Promise<readonly string[]> => {
    const from = server.requests.length;
    const remote = byApi("app");
    const { tree, commit } = await remote.open(at("acme/many"), undefined);
    const found = await Array.fromAsync(
      treeBelow(tree, below).list({ matching: (path) => path.endsWith(".yaml"), containing: ["acme/app-"] }),
    );
    expect(await remote.openIfThere(at("acme/many"), branch)).toBeUndefined();
    const edited = new Map(found.slice(0, 3).map((path) => [`${below}/${path}`, Buffer.from("image: 2\n")]));
    await remote.push({ repository: at("acme/many"), branch, parent: commit.sha, files: edited, message: "edit", expected: undefined });
    expect((await git(folder, ["diff", "--name-only", "main", branch])).split("\n")).toHaveLength(3);
    return server.requests
      .slice(from)
      .map(({ method, path, write }) => `${method} ${path.replace(/[0-9a-f]{40}/, "SHA")}${write ? " (writes)" : ""}`);
  };
  const all = await edit("all", "apps");
  expect(all.filter((each) => each === "POST /api/graphql")).toHaveLength(21);
  expect([all.length, await edit("some", "apps/7")]).toMatchInlineSnapshot(`
    [
      28,
      [
        "GET /repos/acme/many",
        "GET /repos/acme/many/git/ref/heads%2Fmain",
        "POST /api/graphql",
        "GET /repos/acme/many/git/trees/SHA?recursive=1",
        "POST /api/graphql",
        "GET /repos/acme/many/git/ref/heads%2Fsome",
        "POST /repos/acme/many/git/trees (writes)",
        "POST /repos/acme/many/git/commits (writes)",
        "POST /api/graphql (writes)",
      ],
    ]
  `);
});

test("entries lists files, programs and links of a commit with their modes, and reads their bytes", async () => {
  const entries = await byApi("reader").entries(at("acme/app"), main);
  const read = await Promise.all(entries.map(async (each) => [each.path, each.mode, Buffer.from(await each.read()).toString("latin1")]));
  const wanted = Object.entries(files).map(([path, file]) => {
    const { mode, content } = typeof file === "string" ? { mode: "100644", content: file } : file!;
    return [path, mode, Buffer.from(content).toString("latin1")];
  });
  expect(read.sort()).toEqual(wanted.sort());
});
