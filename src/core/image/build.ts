import { createHash } from "node:crypto";
import type { Client, Container, Directory } from "@dagger.io/dagger";

/** The label and annotation that hold a build's identity. */
export const identityLabel = "dev.fairlead.build";

/** A folder to build: one of this machine, or, within a Dagger module, one that it was given. */
export type Folder = { readonly path: string } | { readonly directory: Directory };

/** An image that can be built: nothing of it has happened yet. */
export interface Build {
  /** What is built, for people: `github.com/acme/app@1a2b3c4`. */
  readonly name: string;
  /** Equal identities are equal builds. Undefined where the files are no commit: such a build is always made. */
  readonly identity: string | undefined;
  /** What each container says of the image, by OCI's names; said of an index of several as well. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Returns one lazy container for each platform. */
  containers(dag: Client): Promise<readonly Container[]>;
}

/** Everything that decides what a build makes of a commit. */
export interface BuildInputs {
  /** `github.com/acme/app`, however it was spelled. */
  readonly repository: string;
  readonly commit: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
}

/** Returns the identity of a build: the SHA-256 of its inputs, in hex. The order of arguments and platforms does not matter. */
export function buildIdentity(inputs: BuildInputs): string {
  const { repository, commit, context, dockerfile, target, buildArgs, platforms } = inputs;
  const text = JSON.stringify([
    repository,
    commit,
    context,
    dockerfile,
    target ?? null,
    Object.entries(buildArgs).sort(),
    [...platforms].sort(),
  ]);
  return createHash("sha256").update(text).digest("hex");
}
