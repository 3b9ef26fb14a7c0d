import type { Transferred } from "../run/report.ts";
import type { Digest, ImageRef, PinnedImage } from "../image/image.ts";
import type { RegistryLogin } from "./registry.ts";

/** How many images are asked for at once, for the sake of registries that limit requests. */
export const imagesAtOnce = 8;

/** An OCI manifest or index as the registry sent it. Its digest is that of exactly these bytes. */
export interface RawManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The description of an image, read from its manifest (or index) and configuration. */
export interface ImageDescription {
  readonly digest: Digest;
  /** One for each platform of the image, in the order of its index. */
  readonly platforms: readonly { readonly platform: string; readonly digest: Digest }[];
  /** Labels of the first platform, overridden by its manifest's annotations. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A manifest that refers to another: a signature, an SBOM, an attestation. */
export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Size of the manifest in bytes. */
  readonly size: number;
  /** Its type, such as `application/vnd.dev.sigstore.bundle.v0.3+json`; undefined if nothing declares it. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  /**
   * The cosign tag that names it: `sha256-<hex>.sig`, `.att` or `.sbom`. Undefined if it names its subject as OCI
   * specifies.
   */
  readonly tag: string | undefined;
}

/** A list of referrers under a fallback tag, and how it is to be. */
export interface ReferrerList {
  /** `sha256-<hex>`. */
  readonly tag: string;
  readonly before: Digest;
  /** Has the digest `before` if nothing is to be changed. */
  readonly after: RawManifest;
  /** The number of its entries. */
  readonly referrers: number;
  /** Listed manifests that the registry no longer has. */
  readonly gone: readonly Digest[];
}

/** The configuration of an image, as its JSON: https://github.com/opencontainers/image-spec/blob/main/config.md */
export type Configuration = Readonly<Record<string, unknown>>;

/** Returns a configuration as it is to be. `platform` is what the index says; undefined for an image without an index. */
export type Reconfigure = (configuration: Configuration, platform: string | undefined) => Promise<Configuration>;

/** Options of a copy. */
export interface CopyOptions {
  /** Also copies the referrers of the manifest and of those that an index names, and their own referrers. */
  readonly referrers: boolean;
  /** Is told of each layer that is there, and of each further MiB. */
  readonly progress?: ((state: Transferred) => void) | undefined;
}

/** The result of a copy. */
export interface Copied {
  /** Bytes of blobs that were sent. Blobs that existed or were mounted count 0. */
  readonly bytes: number;
  /** Numbers of blobs that existed at the destination, were mounted from another of its repositories, and were sent. */
  readonly blobs: { readonly present: number; readonly mounted: number; readonly sent: number };
  /** Copied referrers of the manifest and of those that it names. */
  readonly referrers: readonly Referrer[];
  /** Manifests with referrers that the destination has no way to list, so that nobody finds them there. */
  readonly unlistable: readonly Digest[];
}

/**
 * The port to any OCI registry.
 * All methods throw `unauthenticated`, `forbidden` or `unavailable` by the registry's answer, and `canceled` when
 * stopped. They stop with the run or, if they are given a signal, with that signal alone.
 */
export interface Images {
  /**
   * Returns the reference pinned to its current digest; undefined if the registry has no such tag or digest.
   * One HEAD, if its answer has the digest.
   */
  resolve(image: ImageRef, signal?: AbortSignal): Promise<PinnedImage | undefined>;
  /** Returns the description of an image; undefined if the registry has no such tag or digest. */
  describe(image: ImageRef): Promise<ImageDescription | undefined>;
  /**
   * Returns the tags of a repository in the registry's order, at most so many. Throws `not_found` if there is no such repository.
   * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
   */
  tags(repository: ImageRef, most: number): Promise<readonly string[]>;
  /** Returns the bytes of the manifest, with their digest checked. Throws `not_found`. */
  manifest(image: ImageRef, signal?: AbortSignal): Promise<RawManifest>;
  /**
   * Returns the configuration of an image for a platform such as `linux/arm64`. Throws `not_found`.
   * `anonymous`: nothing of ours is sent, and only public hosts are asked, since somebody else has named the image.
   */
  configuration(image: ImageRef, platform: string, options: { readonly anonymous: boolean }): Promise<Configuration>;
  /**
   * Changes the configuration of each platform of an image, and returns its new manifest, which has no tag yet.
   * Puts the configurations and the manifests that the index names. An unchanged image is returned as it is.
   */
  reconfigure(image: PinnedImage, manifest: RawManifest, change: Reconfigure, signal?: AbortSignal): Promise<RawManifest>;
  /**
   * Puts a manifest's own bytes under tags. The repository must hold everything that the manifest names.
   * One PUT per tag; nothing is read before or after (that is `resolve`). An immutable tag that has this digest is no
   * error.
   * Throws `input` for a malformed tag before anything is sent, `conflict` for an immutable tag.
   */
  tag(repository: ImageRef, manifest: RawManifest, tags: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Copies what a manifest of the repository `from` names into the repository `to`. Then `tag` can put the manifest
   * itself.
   * With referrers, it also copies the manifest, by its digest, then its referrers and those of the manifests that it
   * names.
   * Existing content is not sent again: call it again to complete an interrupted copy. Within one repository it does
   * nothing.
   * Throws `not_found` for missing content, and `conflict` for content with a wrong digest. It also throws `conflict`
   * if cosign's tag in `to` has signatures that `from` lacks.
   */
  copy(from: ImageRef, manifest: RawManifest, to: ImageRef, options: CopyOptions, signal?: AbortSignal): Promise<Copied>;
  /**
   * Returns the referrers of exactly this digest, without those of the manifests that an index names.
   * Read from the referrers API, else the tag `sha256-<hex>`, and from cosign's tags. Empty if there are none, or no
   * such digest.
   */
  referrers(image: PinnedImage, signal?: AbortSignal): Promise<readonly Referrer[]>;
  /**
   * Returns the lists of referrers under the fallback tags of a repository. `after` has the type and annotations of
   * each manifest, which older tools left out, and leaves out manifests that are gone. `tag` can put it.
   */
  referrerLists(repository: ImageRef, signal?: AbortSignal): Promise<readonly ReferrerList[]>;
  /**
   * Tells whether the registry can list the referrers of this digest, by its API or the tag `sha256-<hex>`.
   * False where that tag is the image itself, as at GitLab's registry. cosign's tags are apart from it.
   */
  canListReferrers(image: PinnedImage, signal?: AbortSignal): Promise<boolean>;
  /**
   * Tells whether the registry serves the referrers API for a repository. Some registries say so only for an existing
   * one.
   */
  servesReferrers(repository: ImageRef): Promise<boolean>;
  /** Asks whether a push to the repository would be accepted. Leaves nothing behind. Throws as a push would. */
  checkPush(image: ImageRef): Promise<void>;
  readonly probe: RegistryProbe;
}

/** Checks what a registry lets us do. Leaves nothing behind. All methods throw by the registry's answer. */
export interface RegistryProbe {
  /**
   * Asks without a login, and returns the scheme.
   * Throws `unavailable` if the host cannot be reached, `unsupported` if it is not a registry.
   */
  reach(image: ImageRef): Promise<"https" | "http">;
  /** Returns the login that the registry asked for and accepted; undefined if it asks for none. */
  logIn(image: ImageRef): Promise<RegistryLogin | undefined>;
  /** Tells whether the repository exists. Throws if it may not be read. */
  pull(image: ImageRef): Promise<boolean>;
  /** Tells whether the registry mounts blobs; undefined if the repository has no blob to try. */
  mount(image: ImageRef): Promise<boolean | undefined>;
}
