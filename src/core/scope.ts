import type { Repository } from "./git/repository.ts";
import type { ImageRef } from "./image/image.ts";
import type { Permission } from "./permission.ts";

/** The things that a run will touch: an adapter asks for access to no more. None of it is secret. */
export interface RunScope {
  /** The run's name in the logs of others, such as `fairlead-0199…`: 2 to 64 letters, digits and `_+=,.@-`. */
  readonly session: string;
  /** The images that the run's input names. */
  readonly images: readonly ImageRef[];
  /** The Git servers that the run's input names: a person's own credentials are looked for there alone. */
  readonly hosts: readonly Pick<Repository, "host" | "transport">[];
  /** The permissions that the run's steps need. */
  readonly needs: readonly Permission[];
  /** The repositories that the run's input names and the run writes to, such as `github.com/acme/fleet` (default: none). */
  readonly written?: readonly string[] | undefined;
  /** The parsed input. An adapter is given the fields that its kind has added to the pipelines. */
  readonly input: Readonly<Record<string, unknown>>;
}
