import { createHash } from "node:crypto";
import type { Json } from "../json.ts";
import type { Edit, ProposedChange } from "./change.ts";
import { trimEnd } from "../text/trim.ts";

/** All branches that fairlead makes begin so. fairlead deletes no other branch. */
export const branchPrefix = "fairlead/";

/** The id of a change whose identity a dry run cannot know. It is no name that Git takes. */
const unknownId = "(known after push)";

/** Returns the id of a change on a base: 12 hex digits, equal for equal changes. */
export function changeId(base: string, { identity }: ProposedChange): string {
  return identity === undefined ? unknownId : shortHash([base, ...identity]);
}

/** The most letters of all targets' ids: they stand in the bodies of pull requests, which have an end. */
const mostLetters = 8_000;

/**
 * Returns the ids of what a change sets on a base, sorted: 12 hex digits each, followed by those of the wider targets that it is part of, as
 * `ID/WIDER/WIDEST`. So many that their wider ones would fill a page go without.
 */
export function targetIds(base: string, { targets, widen }: Pick<ProposedChange, "targets" | "widen">): readonly string[] {
  const idOf = (target: readonly Json[]): string => shortHash([base, ...target]);
  const ids = targets.map((target) => [target, ...(widen?.(target) ?? [])].map(idOf).join("/")).sort();
  return ids.join().length <= mostLetters ? ids : targets.map(idOf).sort();
}

/** Tells whether a target is among others, or is part of one of them. All are ids of `targetIds`. */
export function covers(targets: readonly string[], target: string): boolean {
  const ids = new Set(targets.map(ownId));
  return target.split("/").some((id) => ids.has(id));
}

/** Tells whether two targets are one, or one is part of the other. */
export function touches(one: string, other: string): boolean {
  return covers([one], other) || covers([other], one);
}

function ownId(target: string): string {
  return target.split("/", 1)[0]!;
}

/** A longer name would be no file's name below `.git/refs`. */
const longestSlug = 100;

/** Returns the name of a change's branch: `fairlead/web-1a2b3c4d5e6f`. */
export function changeBranch(base: string, change: ProposedChange): string {
  return `${branchPrefix}${trimEnd(change.slug.slice(0, longestSlug), ".-")}-${changeId(base, change)}`;
}

/** Returns the id of an edit: 12 hex digits, equal when the same files get the same contents. */
export function editId({ files }: Pick<Edit, "files">): string {
  const contents = [...files].map(([path, bytes]) => [path, createHash("sha256").update(bytes).digest("hex")]);
  return shortHash(contents.sort());
}

/** Returns the first 12 hex digits of the SHA-256 of a value's JSON. */
export function shortHash(value: Json): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
}
