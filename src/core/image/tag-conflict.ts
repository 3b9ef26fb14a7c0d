import { FairleadError } from "../errors.ts";
import { formatImage, type Digest, type ImageRef } from "./image.ts";
import { isMovingTag } from "./moving-tag.ts";

/** The handling of a tag that points to another image: write nothing and fail, move it, or leave it. */
export type ConflictPolicy = "fail" | "move" | "skip";

/** A tag that points to another image than it is to point to. */
export interface TakenTag {
  readonly image: ImageRef & { readonly tag: string };
  readonly from: Digest;
  /** The labels of that image, for what a build compares: its commit. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** OCI's label for the commit that an image was made from: https://github.com/opencontainers/image-spec/blob/main/annotations.md */
export const revisionLabel = "org.opencontainers.image.revision";

/** The hint for a build, which leaves no tag. */
export const otherTag = "give the image another tag, or move this one with --on-conflict move";

/** Tells whether a tag that points to another image ends the step. Without a policy, its name decides. */
export function isConflict(tag: string, policy: ConflictPolicy | undefined): boolean {
  return (policy ?? (isMovingTag(tag) ? "move" : "fail")) === "fail";
}

/** Tells whether an image was made from this commit. Without a commit it is of another. */
export function isOfCommit(labels: Readonly<Record<string, string>>, commit: string | undefined): boolean {
  return commit !== undefined && labels[revisionLabel] === commit;
}

/** Throws `conflict` that names all of these tags. */
export function assertNoneTaken(doing: string, taken: readonly TakenTag[], hint: string): void {
  if (taken.length === 0) return;
  const list = taken.map((each) => `${formatImage(each.image)} has ${each.from}${commitOf(each)}`).join(", ");
  throw new FairleadError("conflict", `${doing}: ${list}`, { hint });
}

function commitOf({ labels }: TakenTag): string {
  if (labels === undefined) return "";
  const commit = labels[revisionLabel];
  return commit === undefined || commit === "" ? ", which does not say its commit" : ` of another commit, ${commit}`;
}
