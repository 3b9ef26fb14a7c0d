import { field, text } from "./json.ts";

/**
 * Returns the field of an event that says so where its commit may be a fork's: whatever does not show that the commit is the repository's own may be
 * anybody's.
 */
export function fromFork(mayBe: boolean): { readonly fork?: true } {
  return mayBe ? { fork: true } : {};
}

/**
 * Tells whether a run of a workflow may have the code of a fork: its head is in another repository, or in one that was deleted. Without a head repository,
 * as in older versions of Gitea, whatever was started by a pull request may.
 */
export function isOfFork(run: unknown, body: object): boolean {
  const head = field(run, "head_repository");
  if (head === undefined) return (text(run, "event") ?? "pull_request").startsWith("pull_request");
  const id = field(head, "id");
  return typeof id !== "number" || id !== field(body, "repository", "id");
}

/** Tells whether a ref is that of a pull request, or of a merge request, which may be a fork's. */
export function isPullRef(ref: string): boolean {
  return /^(?:refs\/)?(?:pull|merge-requests)\//.test(ref);
}

/**
 * Tells whether a ref is the name of a branch or a tag, which nobody makes in a repository without write access to it. A SHA is none, nor is anything
 * that ends in one, or that Git would compute: whoever knows the SHA of a fork's commit can write it so.
 */
export function isOwnName(ref: string, commit: string): boolean {
  const plain = /^(?!refs\/(?!heads\/|tags\/))[^~^:@]+$/.test(ref) && !isPullRef(ref);
  const [, end] = /(?:^|-g)([0-9a-f]{4,64})$/i.exec(ref) ?? [];
  return plain && !(end !== undefined && commit.toLowerCase().startsWith(end.toLowerCase()));
}
