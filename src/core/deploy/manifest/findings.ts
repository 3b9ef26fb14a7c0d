import type { ImageRef } from "../../image/image.ts";
import type { ManifestNode, ScalarNode } from "./node.ts";
import type { Manifest } from "./parse.ts";
import type { Reference } from "./reference.ts";
import type { Selector } from "./selector.ts";

/** The search for an image in each file. */
export interface Question {
  readonly image: ImageRef;
  /** Images of other repositories that the same edit sets. */
  readonly others: readonly ImageRef[];
  readonly selector: Selector | undefined;
  readonly policies: ReadonlySet<string>;
}

/** A scalar of a reference to the image's repository, and its wanted value. */
export interface WantedScalar {
  readonly document: number;
  readonly scalar: ScalarNode;
  readonly to: string;
}

/** The harm that an edit would do, and a suggested fix. */
export interface Conflict {
  readonly message: string;
  readonly hint: string;
}

/** Text that names the image in a place that no form searches: an argument, an environment value, a script. */
export interface Mention {
  readonly message: string;
  /** True if it names the image with the wanted tag already. */
  readonly isWanted: boolean;
}

/** The references to the image in a file. Messages begin with the file's path. */
export interface Findings {
  readonly manifest: Manifest;
  /** By scalar, since several references can follow one anchor. Some have the wanted value already. */
  readonly wanted: Map<ScalarNode, WantedScalar>;
  /** The references that an edit sets or has up to date, and those that a conflict keeps from it. */
  readonly running: Reference[];
  /** The number of references that may be written or are up to date. */
  count: number;
  /** References that may not be written, with the reason. */
  readonly leftAlone: string[];
  readonly warnings: string[];
  readonly conflicts: Conflict[];
  /** Text that names the image where no form searches it. */
  readonly mentions: Mention[];
  /** Other repositories that were seen. */
  readonly others: Set<string>;
}

/** Returns the place of a node as messages begin: `apps/web.yaml:8`. */
export function at(manifest: Manifest, node: ManifestNode): string {
  return node.kind === "scalar" ? `${manifest.path}:${manifest.line(node.start)}` : manifest.path;
}
