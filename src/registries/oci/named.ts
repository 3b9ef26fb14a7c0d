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
  /** Its configuration and its layers, each once, without those that no registry stores. */
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
  artifactType: z.string().optional(),
  annotations: texts,
};
const imageNames = z.object({ config: descriptor, layers: z.array(descriptor), ...about });
const indexNames = z.object({ manifests: z.array(descriptor), ...about });

/** Layers that may be fetched from their URLs only: https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers */
const notDistributable = /^application\/vnd\.(oci\.image\.layer\.nondistributable\.v1\.|docker\.image\.rootfs\.foreign\.)/;

/**
 * Returns the content that a manifest names. Throws `unsupported` if it is not in OCI's or Docker's format, or if an
 * index names something that is not a manifest.
 */
export function readNamed(doing: string, { mediaType, bytes }: RawManifest): Named {
  if (!indexTypes.includes(mediaType)) {
    const { config, layers, subject, artifactType, annotations } = parseContent(doing, "manifest", imageNames, bytes);
    const blobs = [config, ...layers.filter((each) => each.urls.length === 0 || !notDistributable.test(each.mediaType))];
    // the default type is that of the configuration:
    // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
    return { manifests: [], blobs: unique(blobs), subject: subject?.digest, artifactType: artifactType ?? config.mediaType, annotations };
  }
  const { manifests, subject, artifactType, annotations } = parseContent(doing, "index", indexNames, bytes);
  const other = manifests.find((each) => !manifestTypes.includes(each.mediaType));
  if (other !== undefined) {
    throw new FairleadError(
      "unsupported",
      `${doing}: its index names ${other.digest}, a ${other.mediaType}, which is not an image's manifest`,
    );
  }
  return { manifests: unique(manifests), blobs: [], subject: subject?.digest, artifactType, annotations };
}

function unique(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((each) => [each.digest, each])).values()];
}
