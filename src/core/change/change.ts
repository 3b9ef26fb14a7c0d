import type { Breathe } from "../breathe.ts";
import type { Repository } from "../git/repository.ts";
import type { Tree } from "../git/tree.ts";
import type { Json } from "../json.ts";
import type { Splices } from "../text/splice.ts";

/** A change of files that can be proposed by pull request, such as new tags of images. Equal changes share a branch and a pull request, whoever asks. */
export interface ProposedChange {
  /** The action of the change, with which errors begin: `deploy ghcr.io/acme/app:1.4.3`. */
  readonly doing: string;
  /** Tells the change from others in the journal and in the name of a step: `in apps ghcr.io/acme/app:1.4.3`. */
  readonly key: string;
  /** The readable part of the branch's name, one that Git takes: `web` of `fairlead/web-1a2b3c4d5e6f`. */
  readonly slug: string;
  /**
   * Equal identities on one base are one change. A kind of change begins it with a word of its own. No old values, no clock and no run is
   * in it. Undefined in a dry run that cannot know it yet: the change then has no branch.
   */
  readonly identity: readonly Json[] | undefined;
  /** The values that the change sets, one target each. A newer change replaces an older one when it sets all of the older one's targets. */
  readonly targets: readonly (readonly Json[])[];
  /**
   * Returns the wider targets that a target is part of, such as all folders for one folder, the nearest first. A change of a wider target
   * replaces an older one of a narrower. Undefined: no target is part of another.
   */
  readonly widen?: (target: readonly Json[]) => readonly (readonly Json[])[];
  /**
   * Returns the edit of a tree's files, and reads nothing else. Throws `not_found` when the tree lacks what the change sets.
   * Work that may be long calls `breathe` now and then.
   */
  edit(tree: Tree, breathe: Breathe): Promise<Edit>;
  /** Throws `internal` when the files after the edit are not the files before it with this change alone. */
  prove(before: Files, after: Files, breathe: Breathe): void | Promise<void>;
}

/** Contents by path. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** The result of applying a change to a tree in memory. Nothing is written. */
export interface Edit {
  /** The changed files, whole. None: the tree is up to date. */
  readonly files: Files;
  /** The same files before the edit. A new file is not among them. */
  readonly before: Files;
  /** The replaced stretches of their text, for the diff. A file without any is shown as one change. */
  readonly splices: Splices;
  /** The files that hold what the change sets, changed or up to date. */
  readonly holding: readonly string[];
  /** The changed references, for people: by file and place. */
  readonly summary: readonly ChangedReference[];
  readonly warnings: readonly string[];
}

/** One value that changes. `from` and `to` are values, not their source text. */
export type ChangedReference = {
  readonly file: string;
  /** The document's place in the file, from 0. */
  readonly document: number;
  /** The value's place in the document: `spec.containers[0].image`. */
  readonly path: string;
  /** The line on which the value begins, from 1. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
  /** The things whose value is set, such as image repositories: they tell the parts of one change apart. */
  readonly subjects: readonly string[];
};

/** The branch to which a change is proposed. */
export interface BaseBranch {
  readonly repository: Repository;
  readonly base: string;
}
