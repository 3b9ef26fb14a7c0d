import { createHash } from "node:crypto";
import { formatImage, unknownDigest, type ImageRef, formatImageRepository } from "../image/image.ts";
import type { ManifestEdit } from "./manifest/edit-image.ts";

/** What a deployment changes, where, and to what. Old values, the base's commit and the run are no part of it: the same change is asked for by anybody. */
export interface DeployChange {
  /** The branch that Flux applies. */
  readonly base: string;
  /** The folder in which manifests are searched, without slashes at its ends; empty for all. */
  readonly folder: string;
  /** One object or path of it, as `Kind/namespace/name#path`. */
  readonly only: string | undefined;
  readonly image: ImageRef;
}

/** All branches that fairlead makes begin so, and none that it did not make is ever deleted. */
export const branchPrefix = "fairlead/";

/** Returns what two changes of one repository have in common when the later one replaces the earlier: all but the values. 12 hex digits. */
export function targetId({ base, folder, only, image: { registry, repository } }: DeployChange): string {
  return shortHash([base, folder, only ?? null, formatImageRepository({ registry, repository })]);
}

/** Returns what two equal changes of one repository have in common. 12 hex digits. */
export function changeId({ base, folder, only, image }: DeployChange): string {
  return shortHash([base, folder, only ?? null, formatImage(image)]);
}

/** Returns the branch of a change: one for each change. */
export function changeBranch(change: DeployChange): string {
  const { image } = change;
  // A dry run does not know the digest, and so not the name: this one is no branch that there could be.
  const suffix = image.digest === unknownDigest ? "(known after push)" : changeId(change);
  return `${branchPrefix}${image.repository.split("/").at(-1)}-${suffix}`;
}

/** Returns what an edit makes of which files: equal edits of two commits are equal commits on top of them. 12 hex digits. */
export function editId({ files }: ManifestEdit): string {
  const contents = [...files].map(([path, bytes]) => [path, createHash("sha256").update(bytes).digest("hex")]);
  return shortHash(contents.sort());
}

function shortHash(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}
