import { trim } from "../../src/core/text/trim.ts";
import { malformed, needText, text } from "./json.ts";
import type { EventBody, Parsed } from "./receiver.ts";

/** Tells whether a hash, of SHA-1 or SHA-256, is Git's way to say "nothing": as a new head it is a deletion. */
export function isZero(hash: string): boolean {
  return /^0{40}(0{24})?$/.test(hash);
}

/** Returns what a full ref names: a branch or a tag, and its name; or neither. */
export function splitRef(
  ref: string,
): { readonly kind: "branch" | "tag"; readonly name: string } | { readonly kind?: undefined; readonly name?: undefined } {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/su.exec(ref) ?? [];
  return name === undefined ? {} : { kind: kind === "heads" ? "branch" : "tag", name };
}

/** Returns that a branch has a new head. `before` may be Git's nothing. */
export function branchPushed(repository: string, branch: string, commit: string, before: string | undefined): EventBody {
  return { kind: "push", repository, branch, commit, before: before === undefined || isZero(before) ? null : before };
}

/** Returns that a tag was made or moved. */
export function tagPushed(repository: string, tag: string, commit: string | undefined): EventBody {
  return { kind: "tag", repository, tag, commit: commit ?? null };
}

/**
 * Returns what a push says in the shape that GitHub, GitLab and Gitea share: `ref`, `before` and `after`. The commit of a tag is where each has it:
 * `after` may be the tag object.
 */
export function readPush(body: object, repository: (body: object) => string, tagCommit: (body: object) => string | undefined): Parsed {
  const { kind, name } = splitRef(needText(body, "ref"));
  if (kind === undefined) return { ignored: "neither a branch nor a tag" };
  const after = needText(body, "after");
  if (isZero(after)) return { ignored: `${kind} deleted` };
  if (kind === "tag") return { events: [tagPushed(repository(body), name, tagCommit(body))] };
  return { events: [branchPushed(repository(body), name, after, text(body, "before"))] };
}

/**
 * Returns `host/path` of a repository by its address on the web, below whatever path its server has. Throws `input` when that is no address of a
 * repository.
 */
export function repositoryName(webAddress: string): string {
  const host = hostOf(webAddress);
  const [, path = ""] = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(webAddress) ?? [];
  const name = trim(path, "/");
  if (host === undefined || name === "") throw malformed("the repository has no address on the web");
  return `${host}/${name}`;
}

/** Returns the host of an http(s) address as it is written there, with its port if it has one and without user and password. */
export function hostOf(webAddress: string): string | undefined {
  return /^https?:\/\/(?:[^/?#\\\s]*@)?([^/?#\\\s@]+)/i.exec(webAddress)?.[1];
}
