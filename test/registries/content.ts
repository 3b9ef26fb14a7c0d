/** Puts images into a registry by its HTTP API alone. */
import { createHash } from "node:crypto";
import type { Digest } from "../../src/core/image.ts";

export const ociIndex = "application/vnd.oci.image.index.v1+json";
export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const ociConfig = "application/vnd.oci.image.config.v1+json";

export interface Place {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly repository: string;
  readonly authorization?: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface OnePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export function digestOf(bytes: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Pushes an image of one platform without layers, under its digest or a tag. */
export async function pushImage(
  place: Place,
  image: { platform: OnePlatform; labels?: Record<string, string>; annotations?: Record<string, string>; tag?: string },
): Promise<Descriptor> {
  const { platform, labels, annotations, tag } = image;
  const config = await pushBlob(
    place,
    JSON.stringify({ ...platform, config: { Labels: labels ?? null }, rootfs: { type: "layers", diff_ids: [] } }),
  );
  return pushManifest(place, { schemaVersion: 2, mediaType: ociManifest, config, layers: [], ...(annotations && { annotations }) }, tag);
}

/** Pushes an index of images that are there already. */
export async function pushIndex(
  place: Place,
  manifests: readonly (Descriptor & { platform: OnePlatform })[],
  tag: string,
): Promise<Descriptor> {
  return pushManifest(place, { schemaVersion: 2, mediaType: ociIndex, manifests }, tag);
}

async function pushBlob(place: Place, text: string): Promise<Descriptor> {
  const digest = digestOf(text);
  const begun = await send(place, "blobs/uploads/", { method: "POST" }, 202);
  const location = new URL(begun.headers.get("location") ?? "");
  location.searchParams.set("digest", digest);
  await send(place, location.href, { method: "PUT", body: text }, 201);
  return { mediaType: ociConfig, digest, size: text.length };
}

async function pushManifest(
  place: Place,
  manifest: { readonly mediaType: string; readonly [field: string]: unknown },
  tag?: string,
): Promise<Descriptor> {
  const text = JSON.stringify(manifest, null, 2);
  const descriptor = { mediaType: manifest.mediaType, digest: digestOf(text), size: text.length };
  await send(
    place,
    `manifests/${tag ?? descriptor.digest}`,
    { method: "PUT", body: text, headers: { "content-type": manifest.mediaType } },
    201,
  );
  return descriptor;
}

async function send(place: Place, path: string, init: RequestInit, expected: number): Promise<Response> {
  const headers = new Headers(init.headers);
  if (place.authorization !== undefined) headers.set("authorization", place.authorization);
  const response = await fetch(new URL(path, `http://${place.host}/v2/${place.repository}/`), { ...init, headers });
  const body = await response.text();
  if (response.status !== expected) throw new Error(`${init.method} ${path}: ${response.status} ${body}`);
  return response;
}
