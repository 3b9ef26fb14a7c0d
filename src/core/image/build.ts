import { createHash } from "node:crypto";
import type { Client, Container, Directory } from "@dagger.io/dagger";

/** The label and annotation that hold a build's identity. */
export const identityLabel = "dev.fairlead.build";

/** A folder to build: a path on this machine or, in a Dagger module, a directory that it was given. */
export type Folder = { readonly path: string } | { readonly directory: Directory };

/** What an image is built from, beside its files. */
export interface Recipe {
  /** The path of the Dockerfile in the build context. */
  readonly path: string;
  /** Its path in the repository, or in the folder that is built. */
  readonly file: string;
  /** Returns the text of the Dockerfile. */
  dockerfile(dag: Client): Promise<string>;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Empty: the engine's own platform. */
  readonly platforms: readonly string[];
}

/** An image that can be built. Nothing of it has been built yet. */
export interface Build {
  /** The source, for people: `github.com/acme/app@1a2b3c4`. */
  readonly name: string;
  /** Equal identities are equal builds. Undefined if the files are not a commit: such a build always runs. */
  readonly identity: string | undefined;
  /** Why the files are no commit: `data.bin is changed`. Undefined if they are one. */
  readonly notClean: string | undefined;
  /** Annotations of each container, by OCI's names. An index of several has them too. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Undefined for an image that is not built by a Dockerfile: it is pushed as the engine makes it. */
  readonly recipe?: Recipe;
  /** Returns one lazy container for each platform. */
  containers(dag: Client): Promise<readonly Container[]>;
}

/** Everything that decides the result of building a commit. */
export interface BuildInputs {
  /** In one spelling: `github.com/acme/app`. */
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
