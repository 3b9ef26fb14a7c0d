import { appendFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { missingIgnore, type IgnoreLine } from "../../src/git/missing-ignore.ts";
import { gitEnvironment } from "../doubles/bare.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "fairlead-ignore-")));
  vi.stubEnv("HOME", join(folder, "home"));
  vi.stubEnv("XDG_CONFIG_HOME", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Makes a repository with these files, and returns its folder. */
async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, "repository");
  await git("init", "--quiet", root);
  for (const [name, text] of Object.entries(files)) await write(join(root, name), text);
  return root;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const git = (...args: readonly string[]) => promisify(execFile)("git", args, { env: gitEnvironment });

const ask = (path: string): Promise<IgnoreLine | undefined> => missingIgnore(path, new AbortController().signal);

test("a file that Git would take along is told with the line that keeps it out, which is one that does", async () => {
  const root = await repository({ "deploy/fairlead.secret.yaml": "", ".env": "", "a[1] *.env ": "", ".gitignore": "other\n!*.env\n" });
  const names = ["deploy/fairlead.secret.yaml", ".env", "a[1] *.env "];
  const found = await Promise.all(names.map((name) => ask(join(root, name))));
  expect(found).toEqual(
    ["/deploy/fairlead.secret.yaml", "/.env", "/a\\[1\\] \\*.env\\ "].map((line) => ({ line, file: join(root, ".gitignore") })),
  );
  await appendFile(join(root, ".gitignore"), found.map((each) => `${each?.line}\n`).join(""));
  expect(await Promise.all(names.map((name) => ask(join(root, name))))).toEqual([undefined, undefined, undefined]);
});

test("nothing is told of a file that Git ignores by any of its lists, nor of one in no repository", async () => {
  const root = await repository({
    "a/.env": "",
    "a/.gitignore": ".env\n",
    "b/c/.env": "",
    ".gitignore": "b/\n",
    "d.local": "",
    "e.mine": "",
  });
  await write(join(root, ".git/info/exclude"), "*.local\n");
  await write(join(folder, "home/.config/git/ignore"), "*.mine\n");
  await write(join(folder, "outside/.env"), "");
  const paths = ["a/.env", "b/c/.env", "d.local", "e.mine", "../outside/.env"].map((name) => join(root, name));
  expect(await Promise.all(paths.map(ask))).toEqual(paths.map(() => undefined));
});

test("the settings of the repository are not read, nor is a program of them started", async () => {
  const root = await repository({ ".env": "", all: "*\n" });
  await appendFile(join(root, ".git/config"), `[core]\n\texcludesFile = ${root}/all\n\tfsmonitor = touch ${folder}/started\n`);
  const told = { line: "/.env", file: join(root, ".gitignore") };
  expect(await ask(join(root, ".env"))).toEqual(told);
  await writeFile(join(root, ".git/config"), "[core\n");
  expect(await ask(join(root, ".env"))).toEqual(told);
  await expect(realpath(join(folder, "started"))).rejects.toThrow("ENOENT");
});

test("a file is looked for where a link to it leads, and a worktree has the list of its repository", async () => {
  const root = await repository({ ".env": "", tracked: "" });
  await symlink(join(root, ".env"), join(folder, "link"));
  expect(await ask(join(folder, "link"))).toEqual({ line: "/.env", file: join(root, ".gitignore") });
  await git("-C", root, "commit", "--quiet", "--allow-empty", "-m", "Begin");
  await git("-C", root, "worktree", "add", "--quiet", join(folder, "tree"));
  await write(join(root, ".git/info/exclude"), "*.local\n");
  await write(join(folder, "tree/a.local"), "");
  await write(join(folder, "tree/a.other"), "");
  expect(await Promise.all(["a.local", "a.other"].map((name) => ask(join(folder, "tree", name))))).toEqual([
    undefined,
    { line: "/a.other", file: join(folder, "tree/.gitignore") },
  ]);
});

test("nothing is known without Git, and a list that never ends is waited for no longer than the caller does", async () => {
  const root = await repository({ ".env": "" });
  await promisify(execFile)("mkfifo", [join(root, ".gitignore")]);
  await expect(missingIgnore(join(root, ".env"), AbortSignal.timeout(500))).rejects.toMatchObject({ code: "canceled" });
  vi.stubEnv("PATH", join(folder, "home"));
  expect(await ask(join(root, ".env"))).toBeUndefined();
});
