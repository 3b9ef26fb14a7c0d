// Whoever fills the folder that is given as --source: a pull request that CI has checked out, an archive, a cache.
import { once } from "node:events";
import { execFile } from "node:child_process";
import { chown, copyFile, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { CleanFolder } from "../../src/core/git/git.ts";
import { createGit } from "../../src/git.ts";
import { gitOptions } from "../adapter-options.ts";
import { fairlead, startFairlead } from "../cli.ts";
import { gitEnvironment } from "../doubles/bare.ts";
import { configLines, configure, embedBare, inCheckout, makeCheckout, type HostileCheckout } from "../doubles/hostile-checkout.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { executableKeys } from "./executable-keys.ts";

let scratch: string;
let registry: Registry;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "fairlead-attack-checkout-"));
  registry = await startRegistry();
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () => {
  await registry.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** Returns the commit that a folder is, or the reason why it is none. */
async function read(folder: string): Promise<CleanFolder | string> {
  await using git = createGit(gitOptions([]));
  const found = await git.cleanFolder(folder);
  return "notClean" in found ? found.notClean : found;
}

/** Runs a dry run of a build, which would find its settings wherever it looks. */
async function plan(folder: string, ...more: readonly string[]): Promise<number | null> {
  const args = ["build", "--source", folder, "--image", `${registry.host}/acme/app:1`, "--dry-run", ...more];
  const { code, stderr } = await fairlead(args, { PASSWORD: "s3cret" });
  expect(stderr).not.toContain("internal");
  return code;
}

/** Writes the hooks and the further settings that a key may lead to, and returns the key's lines. */
async function bait({ folder, program }: HostileCheckout, key: string, value: string): Promise<string> {
  const [hooks, settings] = [join(dirname(folder), "hooks"), join(dirname(folder), "settings")];
  await mkdir(hooks, { recursive: true });
  const names = ["post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"];
  for (const name of names) await copyFile(program, join(hooks, name));
  await writeFile(settings, configLines("core.fsmonitor", `${program} included`) + configLines("filter.pwn.clean", `${program} included`));
  const fill = (text: string): string =>
    text
      .replace("PWN", `${program} ${key.replaceAll(/\W/g, "-")}`)
      .replace("HOOKS", hooks)
      .replace("SETTINGS", settings);
  return configLines(fill(key), fill(value));
}

describe("H1: settings that came with the files run nothing", () => {
  test("the bait works: Git itself, run in such a checkout, starts the programs", async () => {
    const made = await makeCheckout(scratch);
    for (const key of ["core.fsmonitor", "filter.pwn.clean", "include.path"]) {
      const value = executableKeys.find(([name]) => name === key)![1];
      await configure(made, await bait(made, key, value));
    }
    await writeFile(join(made.folder, "data.bin"), "datA\n");
    await inCheckout(made.folder, "status", "--porcelain");
    expect(await made.ran()).toEqual(["included"]);
  });

  let made: HostileCheckout;
  let config: string;
  beforeAll(async () => {
    made = await makeCheckout(scratch);
    await embedBare(join(made.folder, "services/api"), "");
    await inCheckout(made.folder, "add", "--all");
    await inCheckout(made.folder, "commit", "--quiet", "--message=embedded");
    config = await readFile(join(made.folder, ".git/config"), "utf8");
  });

  test.each(executableKeys)("1: %s is read neither in .git/config nor in a bare repository among the files", async (key, value) => {
    const api = join(made.folder, "services/api");
    const lines = await bait(made, key, value);
    await writeFile(join(made.folder, ".git/config"), config + lines);
    expect(await read(api)).toMatchObject({ prefix: "services/api/", commit: {} });
    const embedded = await readFile(join(api, "config"), "utf8");
    await writeFile(join(api, "config"), embedded + lines);
    expect([await read(api), await read(made.folder)]).toEqual(["config is changed", "services/api/config is changed"]);
    await writeFile(join(api, "config"), embedded);
    expect(await made.ran()).toEqual([]);
  });
});

describe("H1: a build of such a folder", () => {
  test("1: a dry run of a build in an embedded bare repository runs nothing of it", async () => {
    const made = await makeCheckout(scratch);
    const api = join(made.folder, "services/api");
    await embedBare(api, configLines("core.fsmonitor", `${made.program} dry-run`));
    await inCheckout(made.folder, "add", "--all");
    await inCheckout(made.folder, "commit", "--quiet", "--message=innocent");
    expect([await plan(api), await made.ran()]).toEqual([0, []]);
  });

  test("1: a dry run of a build in an unpacked archive runs nothing of its .git/config", async () => {
    const made = await makeCheckout(scratch);
    await configure(
      made,
      configLines("core.fsmonitor", `${made.program} dry-run`) + configLines("filter.pwn.clean", `${made.program} clean`),
    );
    await mkdir(join(made.folder, ".git/info"), { recursive: true });
    await writeFile(join(made.folder, ".git/info/attributes"), "* filter=pwn\n");
    await writeFile(join(made.folder, "Dockerfile"), "FROM scratch\n");
    expect([await plan(made.folder), await made.ran()]).toEqual([0, []]);
  });
});

describe("H1: a repository that is elsewhere, or another's", () => {
  test("a worktree, whose .git is a file, is its commit, and its own settings run nothing", async () => {
    const made = await makeCheckout(scratch);
    const worktree = join(dirname(made.folder), "worktree");
    await inCheckout(made.folder, "worktree", "add", "--quiet", worktree);
    const settings = configLines("core.fsmonitor", `${made.program} worktree`);
    await configure(made, configLines("extensions.worktreeConfig", "true") + settings);
    await writeFile(join(made.folder, ".git/worktrees/worktree/config.worktree"), settings);
    expect(await read(worktree)).toMatchObject({ commit: { sha: made.head }, repository: { path: "acme/app" }, prefix: "" });
    expect(await made.ran()).toEqual([]);
  });

  test("a submodule, whose .git is a file, is its own commit, and its own settings run nothing", async () => {
    const [parent, made] = [await makeCheckout(scratch), await makeCheckout(scratch)];
    const folder = join(parent.folder, "sub");
    await mkdir(join(parent.folder, ".git/modules"));
    await cp(made.folder, folder, { recursive: true });
    await rename(join(folder, ".git"), join(parent.folder, ".git/modules/sub"));
    await writeFile(join(folder, ".git"), "gitdir: ../.git/modules/sub\n");
    await writeFile(join(parent.folder, ".git/modules/sub/config"), configLines("core.fsmonitor", `${made.program} submodule`));
    expect(await read(folder)).toMatchObject({ commit: { sha: made.head }, repository: undefined });
    expect(await made.ran()).toEqual([]);
  });

  const borrowed = "its clone borrows Git objects from another folder, which is not read";
  const reasons: Readonly<Record<string, string>> = {
    "a link in the place of .git": "it is in no Git repository",
    "alternates of its objects": borrowed,
    "a link in the place of its objects": "its Git objects are not in folders and files of their own",
    "a HEAD that leads out of it": "its repository has no commit",
    "a repository below it": "services/.git is not in the commit",
    "an empty folder that no commit has": "empty is not in the commit",
    "a file that became a program": "data.bin is changed",
    "a file that became a link to an equal one": "data.bin is changed",
    "a changed file that Git was told to take for unchanged": "data.bin is changed",
    "a missing file that Git was told to skip": "data.bin is missing",
  };

  test.each([
    [
      "a link in the place of .git",
      async ({ folder }: HostileCheckout) => {
        await rename(join(folder, ".git"), join(dirname(folder), "elsewhere"));
        await symlink("../elsewhere", join(folder, ".git"));
      },
    ],
    [
      "alternates of its objects",
      async ({ folder }: HostileCheckout) => {
        const objects = join(dirname(folder), "objects");
        await rename(join(folder, ".git/objects"), objects);
        await mkdir(join(folder, ".git/objects/info"), { recursive: true });
        await writeFile(join(folder, ".git/objects/info/alternates"), `${objects}\n`);
      },
    ],
    [
      "a link in the place of its objects",
      async ({ folder }: HostileCheckout) => {
        await rename(join(folder, ".git/objects"), join(dirname(folder), "objects"));
        await symlink("../../objects", join(folder, ".git/objects"));
      },
    ],
    [
      "a HEAD that leads out of it",
      ({ folder, head }: HostileCheckout) =>
        Promise.all([
          writeFile(join(folder, ".git/HEAD"), "ref: refs/../../../outside\n"),
          writeFile(join(dirname(folder), "outside"), head),
        ]),
    ],
    ["a repository below it", ({ folder }: HostileCheckout) => mkdir(join(folder, "services/.git"))],
    ["an empty folder that no commit has", ({ folder }: HostileCheckout) => mkdir(join(folder, "empty"))],
    ["a file that became a program", ({ folder }: HostileCheckout) => promisify(execFile)("chmod", ["755", join(folder, "data.bin")])],
    [
      "a file that became a link to an equal one",
      async ({ folder }: HostileCheckout) => {
        await rename(join(folder, "data.bin"), join(dirname(folder), "data.bin"));
        await symlink("../data.bin", join(folder, "data.bin"));
      },
    ],
    [
      "a changed file that Git was told to take for unchanged",
      async ({ folder }: HostileCheckout) => {
        await inCheckout(folder, "update-index", "--assume-unchanged", "data.bin");
        await writeFile(join(folder, "data.bin"), "datA\n");
      },
    ],
    [
      "a missing file that Git was told to skip",
      async ({ folder }: HostileCheckout) => {
        await inCheckout(folder, "update-index", "--skip-worktree", "data.bin");
        await rm(join(folder, "data.bin"));
      },
    ],
  ])("a folder with %s is no clean commit", async (what, change) => {
    const made = await makeCheckout(scratch);
    await change(made);
    expect(await read(made.folder)).toBe(reasons[what]);
  });

  test("commondir and core.worktree lead elsewhere, and the folder is still judged by its own files", async () => {
    const made = await makeCheckout(scratch);
    const [other, common] = [await makeCheckout(scratch, { "data.bin": "other\n" }), join(dirname(made.folder), "common")];
    await configure(made, configLines("core.worktree", other.folder));
    expect(await read(made.folder)).toMatchObject({ commit: { sha: made.head } });
    await rename(join(made.folder, ".git"), common);
    await mkdir(join(made.folder, ".git"));
    await writeFile(join(made.folder, ".git/commondir"), common);
    await writeFile(join(made.folder, ".git/HEAD"), "ref: refs/heads/main\n");
    expect(await read(made.folder)).toMatchObject({ commit: { sha: made.head } });
    await writeFile(join(made.folder, ".git/commondir"), join(other.folder, ".git"));
    expect(await read(made.folder)).toBe("data.bin is changed");
  });

  test("a file that only a filter would make equal is changed: no clean commit", async () => {
    const made = await makeCheckout(scratch, { ".gitattributes": "*.txt text eol=crlf\n*.id ident\n", "a.txt": "a\n", "a.id": "$Id$\n" });
    expect(await read(made.folder)).toMatchObject({ commit: { sha: made.head } });
    await writeFile(join(made.folder, "a.txt"), "a\r\n");
    await inCheckout(made.folder, "add", "a.txt");
    expect(await inCheckout(made.folder, "status", "--porcelain")).toBe("");
    expect(await read(made.folder)).toBe("a.txt is changed");
  });

  test.runIf(process.getuid?.() === 0)("another's repository counts only where the person's own Git settings say so", async () => {
    const made = await makeCheckout(scratch);
    const home = await mkdtemp(join(scratch, "home-"));
    vi.stubEnv("HOME", home);
    vi.stubEnv("XDG_CONFIG_HOME", join(home, "none"));
    vi.stubEnv("SUDO_UID", undefined);
    for (const path of [".git", "."]) {
      await chown(join(made.folder, path), 12345, 12345);
      await configure(made, configLines("safe.directory", "*"));
      expect([path, await read(made.folder)]).toEqual([path, "its repository is another user's"]);
      await writeFile(join(home, ".gitconfig"), configLines("safe.directory", made.folder));
      expect(await read(made.folder)).toMatchObject({ commit: { sha: made.head } });
      await writeFile(join(home, ".gitconfig"), configLines("safe.directory", made.folder) + configLines("safe.directory", ""));
      expect(await read(made.folder)).toBe("its repository is another user's");
      await chown(join(made.folder, path), 0, 0);
    }
  });
});

describe("H1: objects that came with the files", () => {
  test("an object that is not what its name says is refused: a folder cannot pass for a commit that it is not", async () => {
    const made = await makeCheckout(scratch);
    const [tree, other] = [
      await inCheckout(made.folder, "rev-parse", "HEAD^{tree}"),
      await makeCheckout(scratch, { "data.bin": "other\n" }),
    ];
    const objects = join(made.folder, ".git/objects");
    await cp(join(other.folder, ".git/objects"), objects, { recursive: true });
    const body = await promisify(execFile)("git", ["-C", other.folder, "cat-file", "tree", "HEAD^{tree}"], {
      env: { ...gitEnvironment },
      encoding: "buffer",
    });
    const file = join(objects, tree.slice(0, 2), tree.slice(2));
    await rm(file);
    await writeFile(file, deflateSync(Buffer.concat([Buffer.from(`tree ${body.stdout.length}\0`), body.stdout])));
    await writeFile(join(made.folder, "data.bin"), "other\n");
    expect(await read(made.folder)).toBe("a Git object of its commit is missing or broken");
  });

  test("a replacement of the commit is not looked at", async () => {
    const made = await makeCheckout(scratch);
    await writeFile(join(made.folder, "data.bin"), "other\n");
    await inCheckout(made.folder, "commit", "--quiet", "--all", "--message=other");
    await inCheckout(made.folder, "replace", made.head, "HEAD");
    await inCheckout(made.folder, "update-ref", "HEAD", made.head);
    expect(await read(made.folder)).toBe("data.bin is changed");
  });

  test("packed references and objects, as after git gc, are read", async () => {
    const made = await makeCheckout(scratch);
    await inCheckout(made.folder, "gc", "--quiet");
    expect(await read(made.folder)).toMatchObject({ commit: { sha: made.head } });
  });

  test.each([
    [".git/HEAD", "its repository has no commit"],
    [".git/refs/heads/main", "its repository has no commit"],
    [".git/objects/pack/pack-1.idx", "its Git objects are not in folders and files of their own"],
    [".git/config", { repository: undefined, prefix: "" }],
    ["COMMIT", expect.stringMatching(/^its commit \w{12} is missing or broken$/)],
    ["data.bin", "data.bin is changed"],
  ])("a pipe that nobody writes, in the place of %s, does not hold up a run", { timeout: 20_000 }, async (path, outcome) => {
    const made = await makeCheckout(scratch);
    const file = join(made.folder, path.replace("COMMIT", `.git/objects/${made.head.slice(0, 2)}/${made.head.slice(2)}`));
    await rm(file, { force: true });
    await promisify(execFile)("mkfifo", [file]);
    const found = await read(made.folder);
    if (typeof outcome === "object" && "prefix" in outcome) expect(found).toMatchObject({ ...outcome, commit: { sha: made.head } });
    else expect(found).toEqual(outcome);
  });
});

/** What other programs read of the folder in which they are started, and what we might; of fairlead.yaml only `defaults` are read. */
const configurations = [
  ...["fairlead.yml", ".fairlead.yaml", ".fairlead", "fairlead.json", "fairlead.config.ts", "fairlead.config.js", "fairlead.config.mjs"],
  ...[
    ".env",
    ".envrc",
    ".npmrc",
    "package.json",
    "tsconfig.json",
    "dagger.json",
    ".dagger",
    ".gitconfig",
    ".netrc",
    ".curlrc",
    "known_hosts",
  ],
  ...["config.json", ".docker", ".aws", ".ssh", ".config", ".yarnrc.yml", "bunfig.toml", ".node-version", ".tool-versions", "engine.toml"],
];

describe("H1b: files of a checkout are no configuration", () => {
  /** A folder in which each of these names is a pipe that nobody writes: who reads one waits for ever. */
  const trap = async (): Promise<string> => {
    const folder = await mkdtemp(join(scratch, "trap-"));
    await promisify(execFile)(
      "mkfifo",
      configurations.map((name) => join(folder, name)),
    );
    return folder;
  };

  test.each([
    ["--help"],
    ["build", "--source", ".", "--image", "REGISTRY/acme/app:1", "--dry-run"],
    ["build", "--source", ".", "--image", "REGISTRY/acme/app:1", "--engine", "unix:///nowhere/engine.sock"],
    ["retag", "REGISTRY/acme/app:1", "2", "--dry-run"],
    ["notify", "hello", "--to", "slack:C0123456789", "--dry-run"],
    ["deploy", "REGISTRY/acme/app:1", "--flux-repository", "http://127.0.0.1:1/acme/fleet", "--dry-run"],
    ["set-image", "ghcr.io/acme/app:2", "manifests", "--dry-run"],
    ["doctor", "registry", "REGISTRY/acme/app"],
    ["engine", "status"],
  ])("H1b: fairlead %s %s reads no file of the working folder that nobody named", { timeout: 60_000 }, async (...args) => {
    const folder = await trap();
    await mkdir(join(folder, "manifests"));
    const named = args.map((each) => each.replace("REGISTRY", registry.host));
    const running = startFairlead(named, {}, folder);
    const ended = await Promise.race([running.ended, new Promise((resolve) => setTimeout(resolve, 45_000, "it waits"))]);
    running.stop("SIGKILL");
    expect(ended).not.toBe("it waits");
  });

  test("H1b: the code looks at the working folder in no other places than these", async () => {
    const found: string[] = [];
    for (const root of ["src", "webhook", "bin"]) {
      for (const file of (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".ts"))) {
        const text = await readFile(join(root, file), "utf8");
        if (/process\.cwd\(\)|findUp|\bloadEnvFile\b|cosmiconfig/.test(text)) found.push(join(root, file));
      }
    }
    // It writes there, within the container of a Dagger module.
    expect(found).toEqual(["src/provider-files.ts"]);
  });

  test("H1b: programs are started by these files alone, and Git by one of them", async () => {
    const found: string[] = [];
    for (const root of ["src", "webhook", "bin"]) {
      for (const file of (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".ts"))) {
        if (/from "(node:)?child_process"/.test(await readFile(join(root, file), "utf8"))) found.push(join(root, file));
      }
    }
    expect(found.sort()).toMatchInlineSnapshot(`
      [
        "src/dagger/engine/docker.ts",
        "src/dagger/engine/native/clean.ts",
        "src/dagger/engine/native/deny.ts",
        "src/dagger/engine/native/host.ts",
        "src/dagger/engine/native/launch.ts",
        "src/dagger/engine/native/lock.ts",
        "src/dagger/engine/native/process.ts",
        "src/dagger/engine/native/runc.ts",
        "src/dagger/engine/native/socket-folder.ts",
        "src/dagger/engine/session.ts",
        "src/git/found-tokens.ts",
        "src/git/process.ts",
        "src/git/ssh-agent.ts",
        "src/registries/docker-config/helper.ts",
        "src/secrets.ts",
        "webhook/app/browser.ts",
        "webhook/worker/pool.ts",
        "webhook/worker/spawn-report.ts",
        "webhook/worker/spawn-run.ts",
      ]
    `);
  });

  test("H1b: the engine's client is not started in the checkout, whose settings its own Git would follow", async () => {
    const made = await makeCheckout(scratch);
    await writeFile(join(made.folder, "Dockerfile"), "FROM scratch\n");
    const client = join(dirname(made.folder), "dagger");
    await writeFile(client, `#!/bin/sh\npwd >"${client}.where"\necho no engine >&2\nexit 1\n`, { mode: 0o755 });
    const engine = createServer().listen(0, "127.0.0.1"); // one that refuses connections is told of before the client is started
    await once(engine, "listening");
    const { port } = engine.address() as AddressInfo;
    const env = { _EXPERIMENTAL_DAGGER_CLI_BIN: client, FAIRLEAD_ENGINE: `tcp://127.0.0.1:${port}` };
    const args = ["build", "--source", ".", "--image", `${registry.host}/acme/app:1`];
    await startFairlead(args, env, made.folder).ended;
    engine.close();
    expect(await readFile(`${client}.where`, "utf8")).toBe("/\n");
  });
});

describe("54: links in the folder of set-image", () => {
  test("54: links to files, folders, the root and themselves are not followed", async () => {
    const folder = await mkdtemp(join(scratch, "manifests-"));
    const outside = await mkdtemp(join(scratch, "outside-"));
    const manifest = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - image: ghcr.io/acme/app:1\n";
    await writeFile(join(outside, "app.yaml"), manifest);
    await writeFile(join(folder, "app.yaml"), manifest);
    const links = { "file.yaml": join(outside, "app.yaml"), folder: outside, root: "/", "loop.yaml": "loop.yaml", "up.yaml": "../.." };
    for (const [name, to] of Object.entries(links)) await symlink(to, join(folder, name));
    const { code } = await fairlead(["set-image", "ghcr.io/acme/app:2", folder]);
    expect(code).toBe(0);
    expect(await readFile(join(outside, "app.yaml"), "utf8")).toBe(manifest);
    expect(await readFile(join(folder, "app.yaml"), "utf8")).toContain("acme/app:2");
    expect((await lstat(join(folder, "file.yaml"))).isSymbolicLink()).toBe(true);
  });
});
