/** Folders that somebody else has filled: what Git would run in them leaves a file. */
import { appendFile, chmod, mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { git } from "./bare.ts";

/** A checkout, and what it would run. */
export interface HostileCheckout {
  readonly folder: string;
  readonly head: string;
  /** The program that its settings name: it leaves a file whose name is its first argument. */
  readonly program: string;
  /** Returns the names of the files that the program has left. */
  ran(): Promise<readonly string[]>;
}

/** Runs Git with a folder's own `.git`, as its owner would. */
export async function inCheckout(folder: string, ...args: readonly string[]): Promise<string> {
  return await git(join(folder, ".git"), ["--work-tree", folder, ...args]);
}

/** Makes a clone of one commit, and a program beside it. */
export async function makeCheckout(scratch: string, files: Readonly<Record<string, string>> = {}): Promise<HostileCheckout> {
  const home = await mkdtemp(join(scratch, "checkout-"));
  const [folder, program, marks] = [join(home, "clone"), join(home, "pwn"), join(home, "marks")];
  await Promise.all([mkdir(folder), mkdir(marks)]);
  await writeFile(program, `#!/bin/sh\n: >"${marks}/$1"\nexit 1\n`);
  await chmod(program, 0o755);
  await inCheckout(folder, "init", "--quiet", "--template=", "--initial-branch=main");
  const all = {
    ".gitattributes": "*.bin filter=pwn diff=pwn merge=pwn\n",
    "data.bin": "data\n",
    "services/api/Dockerfile": "FROM scratch\n",
  };
  for (const [path, text] of Object.entries({ ...all, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await inCheckout(folder, "add", "--all");
  await inCheckout(folder, "commit", "--quiet", "--message=innocent");
  await inCheckout(folder, "remote", "add", "origin", "https://github.com/acme/app.git");
  return { folder, program, head: await inCheckout(folder, "rev-parse", "HEAD"), ran: async () => (await readdir(marks)).sort() };
}

/** Returns a setting's lines in a configuration: `filter.pwn.clean` is `clean` of the section `filter "pwn"`. */
export function configLines(key: string, value: string): string {
  const [, section = "", below, name = ""] = /^([^.]+)(?:\.(.+))?\.([^.]+)$/.exec(key) ?? [];
  return `[${section}${below === undefined ? "" : ` "${below}"`}]\n\t${name} = ${JSON.stringify(value)}\n`;
}

/** Adds a bare repository below a folder: plain files, which Git takes into a commit. */
export async function embedBare(folder: string, config: string): Promise<void> {
  for (const name of ["objects", "refs/heads"]) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, ".keep"), "");
  }
  await writeFile(join(folder, "HEAD"), "ref: refs/heads/main\n");
  await writeFile(join(folder, "config"), `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = "."\n${config}`);
}

/** Adds to the configuration of a checkout. */
export async function configure({ folder }: Pick<HostileCheckout, "folder">, lines: string): Promise<void> {
  await appendFile(join(folder, ".git/config"), lines);
}
