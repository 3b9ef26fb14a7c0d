import { createHash } from "node:crypto";
import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import { isDigest, type Digest } from "../../core/image/image.ts";

/** The media types of an index: OCI's and Docker's. */
export const indexTypes: readonly string[] = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/**
 * The media types of all manifests that we read: https://github.com/opencontainers/image-spec/blob/main/media-types.md
 */
export const manifestTypes: readonly string[] = [
  ...indexTypes,
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** The media types of an image's configuration. Anything else is not an image: a Helm chart, a signature. */
export const configTypes: readonly string[] = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
];

/** The digest of content in a repository. */
export const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
/** Annotations or labels; empty if absent. */
export const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((all) => all ?? {});
const platform = z.object({
  os: z.string().catch(""),
  architecture: z.string().catch(""),
  variant: z.string().optional().catch(undefined),
});

/** https://github.com/opencontainers/image-spec/blob/main/image-index.md */
export const indexContent = z.object({ manifests: z.array(z.object({ digest, platform: platform.optional() })) });

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md */
export const manifestContent = z.object({ config: z.object({ mediaType: z.string(), digest }), annotations: texts });

/** https://github.com/opencontainers/image-spec/blob/main/config.md */
export const configContent = platform.extend({ config: z.object({ Labels: texts }).nullish() });

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
export const referrersContent = z.object({
  manifests: z.array(
    z.object({
      digest,
      mediaType: z.string(),
      size: z.int().nonnegative(),
      artifactType: z
        .string()
        .optional()
        .transform((type) => type ?? undefined),
      annotations: texts,
    }),
  ),
});

/** JSON whose fields are kept, known to us or not. */
export const anyObject = z.record(z.string(), z.unknown());
export const anyManifest = z.looseObject({ config: z.looseObject({}) });
export const anyIndex = z.looseObject({ manifests: z.array(z.looseObject({ digest })) });

/** JSON of which only the media type is read. */
export const typedContent = z.object({ mediaType: z.string().optional() });

/** Returns the media type that an answer's header names, in lower case and without parameters; empty when it names none. */
export function typeOf(headers: Pick<Headers, "get">): string {
  return headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Returns JSON by its schema. Throws `unsupported` if it does not match. */
export function parseContent<T>(doing: string, what: string, schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw new FairleadError("unsupported", `${doing}: its ${what} is not in OCI's or Docker's format`, { cause });
  }
}

/** Returns `os/architecture[/variant]`; undefined for a manifest that runs nowhere, such as a build's attestations. */
export function formatPlatform(value: z.output<typeof platform> | undefined): string | undefined {
  if (value === undefined || value.os === "" || value.architecture === "" || value.os === "unknown") return undefined;
  return [value.os, value.architecture, value.variant].filter(Boolean).join("/");
}

/**
 * Returns the digest of the bytes. Throws `conflict` if one of the expected digests differs; undefined ones are
 * skipped.
 */
export function checkDigest(doing: string, bytes: Uint8Array, ...expected: readonly (Digest | undefined)[]): Digest {
  const actual: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const other = expected.find((each) => each !== undefined && each !== actual);
  if (other === undefined) return actual;
  throw new FairleadError("conflict", `${doing}: the registry sent ${actual} for ${other}`);
}
