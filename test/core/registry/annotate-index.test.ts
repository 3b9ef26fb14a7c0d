import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { annotateIndex } from "../../../src/core/registry/annotate-index.ts";
import type { RawManifest } from "../../../src/core/registry/images.ts";

const raw = (mediaType: string, content: object): RawManifest => {
  const bytes = Buffer.from(JSON.stringify(content));
  return { mediaType, bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
};
const ociIndex = "application/vnd.oci.image.index.v1+json";

test("an index gets the annotations beside its own, and nothing else changes", () => {
  const index = {
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{ digest: "a", size: 1 }],
    annotations: { a: "1", b: "1" },
    further: [],
  };
  const annotated = annotateIndex(raw(ociIndex, index), { b: "2", c: "2" });
  expect(annotated).toEqual(raw(ociIndex, { ...index, annotations: { a: "1", b: "2", c: "2" } }));
});

test.each(["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"])(
  "a manifest of type %s is returned unchanged",
  (mediaType) => {
    const manifest = raw(mediaType, { schemaVersion: 2 });
    expect(annotateIndex(manifest, { a: "1" })).toBe(manifest);
  },
);
