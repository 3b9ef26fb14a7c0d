import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import type { Digest } from "../../core/image/image.ts";
import type { RawManifest } from "../../core/registry/images.ts";
import { digest, indexTypes, manifestTypes, parseContent, texts } from "./content.ts";

/** A descriptor of content in the same repository. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** The content that a manifest or index names, and its own type and annotations. */
export interface Named {
  readonly manifests: readonly Descriptor[];
  /**
   * Its configuration and its layers, each once, without those that no registry stores. An index may name layers too, as
   * BuildKit's cache does.
   */
  readonly blobs: readonly Descriptor[];
  /** The manifest that it refers to. */
  readonly subject: Digest | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.int().nonnegative(),
  urls: z
    .array(z.string())
    .nullish()
    .transform((all) => all ?? []),
});
const about = {
  subject: z.object({ digest }).nullish(),
  /** An empty one is none. */
  artifactType: z
    .string()
    .optional()
    .transform((type) => (type === "" ? undefined : type)),
  annotations: texts,
};
const imageNames = z.object({ config: descriptor, layers: z.array(descriptor), ...about });
const indexNames = z.object({ manifests: z.array(descriptor), ...about });

/** Layers that may be fetched from their URLs only: https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers */
const notDistributable = /^application\/vnd\.(oci\.image\.layer\.nondistributable\.v1\.|docker\.image\.rootfs\.foreign\.)/;

/** Manifests from before 2016: https://docs.docker.com/retired/ */
const schema1 = "application/vnd.docker.distribution.manifest.v1+";

/**
 * Returns the content that a manifest names. Throws `unsupported` if it is not in OCI's or Docker's format, or if an
 * index names a manifest that Docker has retired.
 */
export function readNamed(doing: string, manifest: RawManifest): Named {
  return indexTypes.includes(manifest.mediaType) ? readIndex(doing, manifest.bytes) : readImage(doing, manifest.bytes);
}

function readImage(doing: string, bytes: Uint8Array): Named {
  const { config, layers, subject, artifactType, annotations } = parseContent(doing, "manifest", imageNames, bytes);
  // the default type is that of the configuration:
  // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
  return {
    manifests: [],
    blobs: unique([config, ...layers.filter(isStored)]),
    subject: subject?.digest,
    artifactType: artifactType ?? config.mediaType,
    annotations,
  };
}

function readIndex(doing: string, bytes: Uint8Array): Named {
  const { manifests, subject, artifactType, annotations } = parseContent(doing, "index", indexNames, bytes);
  const retired = manifests.find((each) => each.mediaType.startsWith(schema1));
  if (retired !== undefined) {
    throw new FairleadError("unsupported", `${doing}: its index names ${retired.digest}, a manifest of schema 1, which Docker has retired`);
  }
  const isManifest = ({ mediaType }: Descriptor): boolean => manifestTypes.includes(mediaType);
  return {
    manifests: unique(manifests.filter(isManifest)),
    blobs: unique(manifests.filter((each) => !isManifest(each) && isStored(each))),
    subject: subject?.digest,
    artifactType,
    annotations,
  };
}

function isStored({ mediaType, urls }: z.output<typeof descriptor>): boolean {
  return urls.length === 0 || !notDistributable.test(mediaType);
}

function unique(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((each) => [each.digest, each])).values()];
}
