import type { Digest, ImageRef, PinnedImage } from "../image/image.ts";
import type { RegistryLogin } from "./registry.ts";

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

/** A manifest that is about another: a signature, an SBOM, an attestation. */
export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of the manifest, in bytes. */
  readonly size: number;
  /** What it is, such as `application/vnd.dev.sigstore.bundle.v0.3+json`; undefined where nobody says it. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  /** cosign's own tag that names it, `sha256-<hex>.sig`, `.att` or `.sbom`; undefined for what names its subject as OCI says. */
  readonly tag: string | undefined;
}

/** What a copy brings beside the manifest and what it names. */
export interface CopyOptions {
  /** Brings what refers to the manifest, to those that an index names, and to what refers to them. */
  readonly referrers: boolean;
}

/** What a copy did. */
export interface Copied {
  /** Bytes of blobs that went over the wire: none where the registry had them or took them from another repository of its own. */
  readonly bytes: number;
  /** How many blobs the destination had already, took from another repository of the same registry, and was sent. */
  readonly blobs: { readonly present: number; readonly mounted: number; readonly sent: number };
  /** What was brought of what refers to the manifest or to what it names. */
  readonly referrers: readonly Referrer[];
}

/**
 * The port to any OCI registry, over the wire. All methods throw `unauthenticated`, `forbidden` or `unavailable` as the registry
 * answers, and `canceled` when they are stopped: by the run, or by the signal that they are given, then by that one alone.
 */
export interface Images {
  /** Returns the reference pinned to the digest that it has now; undefined when the registry has no such tag or digest. One HEAD where it tells the digest. */
  resolve(image: ImageRef, signal?: AbortSignal): Promise<PinnedImage | undefined>;
  /** Returns what an image tells of itself; undefined when the registry has no such tag or digest. */
  describe(image: ImageRef): Promise<ImageDescription | undefined>;
  /** Returns the bytes of the manifest, with their digest checked. Throws `not_found`. */
  manifest(image: ImageRef, signal?: AbortSignal): Promise<RawManifest>;
  /**
   * Puts a manifest's own bytes under tags of a repository that has all that it names: one PUT each, nothing is asked before or after (for
   * that there is `resolve`). A tag that may not be moved and has this very digest is given. Throws `input` before anything is sent for what
   * is no tag, `conflict` for a tag that may not be moved.
   */
  tag(repository: ImageRef, manifest: RawManifest, tags: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Brings into the repository `to` what a manifest of the repository `from` names, so that `tag` can put the manifest itself there. With
   * referrers, the manifest is brought too, by its digest, and then what refers to it and to those that it names. What is there already is not
   * sent again, so a copy that was cut off is completed by calling it again. Nothing is done within one repository. Throws `not_found` for what is named and missing, and
   * `conflict` when content is not what its digest says, or cosign's tag in `to` has signatures that `from` does not have.
   */
  copy(from: ImageRef, manifest: RawManifest, to: ImageRef, options: CopyOptions, signal?: AbortSignal): Promise<Copied>;
  /**
   * Returns what refers to exactly this digest, without what refers to those that an index names: by the referrers API, or the tag
   * `sha256-<hex>` where the registry does not serve it, and cosign's tags. Empty when there is nothing, or no such digest.
   */
  referrers(image: PinnedImage, signal?: AbortSignal): Promise<readonly Referrer[]>;
  /** Tells whether the registry serves the referrers API for a repository. Some say so only of a repository that is there. */
  servesReferrers(repository: ImageRef): Promise<boolean>;
  /** Asks whether a push to the repository would be taken, and leaves nothing behind. Throws what a push would. */
  checkPush(image: ImageRef): Promise<void>;
  readonly probe: RegistryProbe;
}

/** Checks what a registry lets us do. Leaves nothing behind. All methods throw as the registry answers. */
export interface RegistryProbe {
  /** Asks without a login, and returns how the registry is spoken to. Throws `unavailable` when it cannot be reached, `unsupported` when it is none. */
  reach(image: ImageRef): Promise<"https" | "http">;
  /** Returns the login that the registry asked for and took; undefined where it lets everybody in. */
  logIn(image: ImageRef): Promise<RegistryLogin | undefined>;
  /** Tells whether the repository is there. Throws when it may not be read. */
  pull(image: ImageRef): Promise<boolean>;
  /** Tells whether the registry mounts blobs; undefined where the repository has none to try it with. */
  mount(image: ImageRef): Promise<boolean | undefined>;
}
