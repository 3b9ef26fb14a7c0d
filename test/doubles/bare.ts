/** Bare Git repositories, made and changed by Git's own plumbing. */
import { spawn } from "node:child_process";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";

/** A file's text (`null` deletes it), or its content with a mode: 100755 is executable, 120000 a symbolic link. */
export type FileContent = string | null | { readonly mode: "100644" | "100755" | "120000"; readonly content: string | Uint8Array };

export interface NewCommit {
  /** Created from the default branch if it does not exist. */
  readonly branch: string;
  readonly files: Readonly<Record<string, FileContent>>;
  readonly message: string;
  readonly author?: { readonly name: string; readonly email: string } | undefined;
}

export interface NewRepository {
  readonly files?: Readonly<Record<string, FileContent>> | undefined;
  /** `main`. */
  readonly defaultBranch?: string | undefined;
}

/** Git without the configuration, the identity and the hooks of whoever runs the tests. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "A Person",
  GIT_AUTHOR_EMAIL: "person@example.com",
  GIT_COMMITTER_NAME: "A Person",
  GIT_COMMITTER_EMAIL: "person@example.com",
};

export interface GitOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

interface Outcome {
  readonly code: number | null;
  readonly output: Buffer;
  readonly errors: string;
}

async function runGit(folder: string, args: readonly string[], { input = "", env }: GitOptions): Promise<Outcome> {
  const child = spawn("git", ["--git-dir", folder, ...args], { env: { ...gitEnvironment, ...env } });
  const ended = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  child.stdin.on("error", () => undefined); // a program that fails early does not read on; its exit code says so
  child.stdin.end(input);
  const [output, errors, code] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  return { code, output, errors };
}

/** Runs Git on a bare repository and returns what it prints. */
export async function gitBytes(folder: string, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const { code, output, errors } = await runGit(folder, args, options);
  if (code !== 0) throw new Error(`git ${args.join(" ")}: exit code ${code}: ${errors}`);
  return output;
}

/** As `gitBytes`, for text; without the last newline. */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(folder, args, options)).toString().replace(/\n$/, "");
}

/** As `git`, but undefined when Git says no. */
export async function tryGit(folder: string, args: readonly string[], options: GitOptions = {}): Promise<string | undefined> {
  const { code, output } = await runGit(folder, args, options);
  return code === 0 ? output.toString().replace(/\n$/, "") : undefined;
}

const configuration = `[uploadpack]
  allowFilter = true
  allowAnySHA1InWant = true
[http]
  receivepack = true
[receive]
  autogc = false
[gc]
  auto = 0
`;

/** Makes `root/owner/name.git` as a Git host has it: partial clones, any commit by its ID, no background work. */
export async function createBare(root: string, name: string, { files, defaultBranch = "main" }: NewRepository = {}): Promise<string> {
  const folder = join(root, `${name}.git`);
  await mkdir(folder, { recursive: true });
  await git(folder, ["init", "--quiet", "--bare", "--template=", `--initial-branch=${defaultBranch}`]);
  await appendFile(join(folder, "config"), configuration);
  if (files) await commitFiles(folder, { branch: defaultBranch, files, message: "initial commit" });
  return folder;
}

/** Commits to a branch, and returns the commit. */
export async function commitFiles(folder: string, { branch, files, message, author }: NewCommit): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const parent =
    (await tryGit(folder, ["rev-parse", "-q", "--verify", ref])) ?? (await tryGit(folder, ["rev-parse", "-q", "--verify", "HEAD"]));
  const { name, email } = author ?? { name: "A Person", email: "person@example.com" };
  const head = [`commit ${ref}`, "mark :1", `committer ${name} <${email}> now`, data(message), ...(parent ? [`from ${parent}`] : [])];
  const input = Buffer.concat([
    Buffer.from(`${head.join("\n")}\n`),
    ...Object.entries(files).map(([path, file]) => change(path, file)),
    Buffer.from("get-mark :1\n"),
  ]);
  return git(folder, ["fast-import", "--quiet", "--date-format=now", "--cat-blob-fd=1"], { input });
}

/** https://git-scm.com/docs/git-fast-import#_data */
const data = (content: string): string => `data ${Buffer.byteLength(content)}\n${content}`;

/** https://git-scm.com/docs/git-fast-import#_filemodify */
function quoted(path: string): string {
  return /^"|\n/.test(path) ? `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"` : path;
}

function change(path: string, file: FileContent): Buffer {
  if (file === null) return Buffer.from(`D ${quoted(path)}\n`);
  const { mode, content } = typeof file === "string" ? { mode: "100644", content: file } : file;
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`M ${mode} inline ${quoted(path)}\ndata ${bytes.length}\n`), bytes, Buffer.from("\n")]);
}
