import type { Digest } from "../image/image.ts";
import type { Origin } from "./origin.ts";

/** An event of a registry. */
export type RegistryEvent = ImageEvent | ImageBuildEvent;

/** An image was pushed to a registry. */
export interface ImageEvent extends Origin {
  readonly kind: "image";
  /** `registry/repository`, without tag and digest. */
  readonly image: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

/** A registry has built an image: https://docs.quay.io/guides/notifications.html */
export interface ImageBuildEvent extends Origin {
  readonly kind: "image-build";
  /** The registry's id of the build. */
  readonly id: string;
  /** `registry/repository`, without tag and digest. */
  readonly image: string;
  readonly tags: readonly string[];
  readonly digest: Digest | null;
  /** The repository that was built; null if the registry does not name it. */
  readonly repository: string | null;
  /** A full ref, such as `refs/heads/main`. */
  readonly ref: string | null;
  readonly commit: string | null;
  readonly state: "succeeded";
}
