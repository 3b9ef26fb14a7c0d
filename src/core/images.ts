import type { Digest, ImageRef, PinnedImage } from "./image.ts";

/** An OCI manifest or index as the registry sent it. Its digest is that of exactly these bytes. */
export interface RawManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What an image tells of itself, read from its manifest (or index) and configuration. */
export interface ImageDescription {
  readonly digest: Digest;
  /** One for each platform of the image, in the order of its index. */
  readonly platforms: readonly { readonly platform: string; readonly digest: Digest }[];
  /** Annotations of the first platform's manifest over its labels. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The port to any OCI registry, over the wire. All methods throw `unauthenticated`, `forbidden` or `unavailable` as the registry answers. */
export interface Images {
  /** Returns the reference pinned to the digest that it has now; undefined when the registry has no such tag or digest. */
  resolve(image: ImageRef): Promise<PinnedImage | undefined>;
  /** Returns what an image tells of itself; undefined when the registry has no such tag or digest. */
  describe(image: ImageRef): Promise<ImageDescription | undefined>;
  /** Returns the bytes of the manifest, with their digest checked. Throws `not_found`. With a signal, that one alone stops it. */
  manifest(image: ImageRef, signal?: AbortSignal): Promise<RawManifest>;
  /** Puts a manifest's own bytes under tags of a repository that has all that it names. With a signal, that one alone stops it. */
  tag(repository: ImageRef, manifest: RawManifest, tags: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Asks whether a push to the repository would be taken, and leaves nothing behind. Throws what a push would. */
  checkPush(image: ImageRef): Promise<void>;
}
