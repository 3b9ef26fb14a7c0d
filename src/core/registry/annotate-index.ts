import { createHash } from "node:crypto";
import { z } from "zod";
import type { RawManifest } from "./images.ts";

const ociIndex = "application/vnd.oci.image.index.v1+json";
const annotated = z.object({ annotations: z.record(z.string(), z.string()).optional() });

/**
 * Returns an index with annotations of its own beside those that it has, and so with another digest: some registries' pages read
 * these alone. What is no OCI index is returned as it is: a manifest has been annotated where it was made, and Docker's list knows none.
 * https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export function annotateIndex(manifest: RawManifest, annotations: Readonly<Record<string, string>>): RawManifest {
  if (manifest.mediaType !== ociIndex) return manifest;
  const index = JSON.parse(Buffer.from(manifest.bytes).toString()) as object;
  const own = annotated.parse(index).annotations;
  const bytes = Buffer.from(JSON.stringify({ ...index, annotations: { ...own, ...annotations } }));
  return { mediaType: ociIndex, bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}
