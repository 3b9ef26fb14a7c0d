import type { Breathe } from "../breathe.ts";
import { FairleadError } from "../errors.ts";
import type { RemoteGit } from "../git/git.ts";
import type { ProposedFiles, PullRequest } from "../git/provider.ts";
import type { Repository } from "../git/repository.ts";
import type { Tree } from "../git/tree.ts";
import type { ChangedReference, Edit, ProposedChange } from "./change.ts";

/** The change that no open pull request should undo, and where its files are read. */
export interface UndoQuestion {
  readonly git: RemoteGit;
  readonly repository: Repository;
  readonly edit: ProposedChange["edit"];
  /** The references that it changes on the base, as they were there. */
  readonly changes: readonly ChangedReference[];
  readonly breathe: Breathe;
}

/** What a pull request would do to the change when it is merged later. `all`: it changes nothing but what the change sets. */
export type Undoing = "nothing" | "some" | "all";

/**
 * Returns what a pull request would do, by what it edits: its files are compared with those that it was made on, each as it is and after the change.
 * So it does not matter how its places are spelled, who opened it, or what its body says.
 */
export async function readUndoing(pull: PullRequest, files: ProposedFiles, question: UndoQuestion): Promise<Undoing> {
  const { git, repository, changes } = question;
  if (files.from === undefined) return "some";
  const [before, after] = [await git.tree(repository, files.from), await git.tree(repository, pull.commit)];
  const theirs = await editOf(after, question);
  if (theirs === "impossible") return "some";
  const isTheirs = ({ file }: ChangedReference): boolean => !files.isWhole || files.paths.includes(file);
  const other = theirs.summary.filter(isTheirs).filter((each) => !isAmong(changes, each));
  if (other.length === 0) return "nothing";
  const base = await editOf(before, question);
  if (base === "impossible") return "some";
  if (other.every((each) => isAmong(base.summary, each))) return "nothing";
  return files.isWhole && (await isSame(files.paths, [before, base], [after, theirs])) ? "all" : "some";
}

/** A reference with the value that it has before the pull request is none that the pull request sets. */
function isAmong(references: readonly ChangedReference[], { file, document, path, from }: ChangedReference): boolean {
  return references.some((each) => each.file === file && each.document === document && each.path === path && each.from === from);
}

const nothingFound: Edit = { files: new Map(), before: new Map(), splices: new Map(), holding: [], summary: [], warnings: [] };

/** `impossible`: the files have what the change sets, but not so that it could be set. */
async function editOf(tree: Tree, { edit, breathe }: UndoQuestion): Promise<Edit | "impossible"> {
  try {
    return await edit(tree, breathe);
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    if (error.code === "not_found") return nothingFound;
    if (error.code === "conflict" || error.code === "unsupported") return "impossible";
    throw error;
  }
}

type Edited = readonly [tree: Tree, edit: Edit];

async function isSame(paths: readonly string[], one: Edited, other: Edited): Promise<boolean> {
  const [first, second] = [await contents(paths, one), await contents(paths, other)];
  return paths.every((path) => first.has(path) && first.get(path) === second.get(path));
}

/** Returns the text of files after an edit. Those that are not there are not among them. */
async function contents(paths: readonly string[], [tree, edit]: Edited): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const path of tree.list({ matching: (each) => paths.includes(each) })) {
    if (paths.includes(path)) found.set(path, Buffer.from(edit.files.get(path) ?? (await tree.read(path))).toString("latin1"));
  }
  return found;
}
