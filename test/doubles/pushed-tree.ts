/** Commits that an ordinary client would not make: with submodules, and with trees that Git would not write. */
import { git } from "./bare.ts";

/** An entry of a tree as it is pushed. */
export interface PushedEntry {
  readonly path: string;
  readonly mode: "100644" | "100755" | "120000" | "160000";
  /** The text of a file or a link; the SHA of a submodule's commit. */
  readonly content: string;
}

/** Pushes a commit of these entries to a branch of a bare repository, and returns its SHA. */
export async function pushTree(bare: string, branch: string, entries: readonly PushedEntry[]): Promise<string> {
  const lines = await Promise.all(
    entries.map(async ({ path, mode, content }) => {
      const sha = mode === "160000" ? content : await git(bare, ["hash-object", "-w", "--stdin"], { input: content });
      return `${mode} ${sha}\t${path}\0`;
    }),
  );
  const env = { GIT_INDEX_FILE: `${bare}/index-${branch}` };
  await git(bare, ["read-tree", "--empty"], { env });
  await git(bare, ["update-index", "-z", "--add", "--index-info"], { env, input: lines.join("") });
  return await commitTree(bare, branch, await git(bare, ["write-tree", "--missing-ok"], { env }));
}

/** Points a branch at a new commit of a tree, and returns its SHA. */
export async function commitTree(bare: string, branch: string, tree: string): Promise<string> {
  const sha = await git(bare, ["commit-tree", tree, "-m", "innocent"]);
  await git(bare, ["update-ref", `refs/heads/${branch}`, sha]);
  return sha;
}

/** Returns the text of a `.gitmodules` that has one submodule. */
export function gitmodules(path: string, url: string): string {
  return `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`;
}
