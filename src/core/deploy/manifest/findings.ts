import type { ImageRef } from "../../image/image.ts";
import type { ManifestNode, ScalarNode } from "./node.ts";
import type { Manifest } from "./parse.ts";
import type { Selector } from "./selector.ts";

/** What is asked of each file. */
export interface Question {
  readonly image: ImageRef;
  /** Images of other repositories that the same edit sets. */
  readonly others: readonly ImageRef[];
  readonly selector: Selector | undefined;
  readonly policies: ReadonlySet<string>;
}

/** A scalar of a reference to the image's repository, and what it must read as. */
export interface WantedScalar {
  readonly document: number;
  readonly scalar: ScalarNode;
  readonly to: string;
}

/** Why an edit would do harm, and what to do about it. */
export interface Conflict {
  readonly message: string;
  readonly hint: string;
}

/** What a file holds of the image. Messages begin with the file's path. */
export interface Findings {
  readonly manifest: Manifest;
  /** By scalar, since several references can follow one anchor. Some read as wanted already. */
  readonly wanted: Map<ScalarNode, WantedScalar>;
  /** How many references may be written or are up to date. */
  count: number;
  /** References that may not be written, and why. */
  readonly leftAlone: string[];
  readonly warnings: string[];
  readonly conflicts: Conflict[];
  /** Other repositories that were seen. */
  readonly others: Set<string>;
}

/** Returns where a node stands, as messages begin: `apps/web.yaml:8`. */
export function at(manifest: Manifest, node: ManifestNode): string {
  return node.kind === "scalar" ? `${manifest.path}:${manifest.line(node.start)}` : manifest.path;
}
