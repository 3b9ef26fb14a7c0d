/** Puts images into a registry by its HTTP API alone. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Digest } from "../../src/core/image/image.ts";

export const ociIndex = "application/vnd.oci.image.index.v1+json";
export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociConfig = "application/vnd.oci.image.config.v1+json";
export const ociLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

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
  const content = { ...platform, config: { Labels: labels ?? null }, rootfs: { type: "layers", diff_ids: [] } };
  const config = await pushBlob(place, JSON.stringify(content), ociConfig);
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

/** Pushes an image of one platform with layers, which are tar archives in gzip, or empty. */
export async function pushLayers(
  place: Place,
  platform: OnePlatform,
  layers: readonly Uint8Array[],
  tag?: string,
): Promise<Descriptor & { readonly platform: OnePlatform }> {
  const content = {
    ...platform,
    config: {},
    rootfs: { type: "layers", diff_ids: layers.map((each) => digestOf(each.length === 0 ? each : gunzipSync(each))) },
  };
  const config = await pushBlob(place, JSON.stringify(content), ociConfig);
  const pushed: Descriptor[] = [];
  for (const layer of layers) pushed.push(await pushBlob(place, layer, ociLayer));
  return { ...(await pushManifest(place, { schemaVersion: 2, mediaType: ociManifest, config, layers: pushed }, tag)), platform };
}

/** Pushes a blob as its one request after the first. */
export async function pushBlob(place: Place, content: string | Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(content);
  const begun = await send(place, "blobs/uploads/", { method: "POST" }, 202);
  const location = new URL(begun.headers.get("location") ?? "", `http://${place.host}`);
  location.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  await send(place, location.href, { method: "PUT", body: Buffer.from(content), headers }, 201);
  return { mediaType, digest, size: Buffer.byteLength(content) };
}

/** Pushes a manifest under its digest or a tag, in bytes that no tool would write. */
export async function pushManifest(
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

/** Returns a tar archive of one file: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 */
export function tarOf(name: string, content: Uint8Array): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number): string => value.toString(8).padStart(width - 1, "0") + "\0";
  header.write(name, 0);
  header.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(content.length, 12) + octal(0, 12), 100);
  header.write("        0", 148);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc(((512 - (content.length % 512)) % 512) + 1024)]);
}

/** Returns a manifest as a registry has it, by digest or tag; undefined when it is not there. */
export async function fetchManifest({ host, repository, authorization }: Place, reference: string): Promise<Buffer | undefined> {
  const headers = { accept: `${ociIndex}, ${ociManifest}`, ...(authorization === undefined ? {} : { authorization }) };
  const response = await fetch(`http://${host}/v2/${repository}/manifests/${reference}`, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return response.status === 200 ? bytes : undefined;
}

async function send(place: Place, path: string, init: RequestInit, expected: number): Promise<Response> {
  const headers = new Headers(init.headers);
  if (place.authorization !== undefined) headers.set("authorization", place.authorization);
  const response = await fetch(new URL(path, `http://${place.host}/v2/${place.repository}/`), { ...init, headers });
  const body = await response.text();
  if (response.status !== expected) throw new Error(`${init.method} ${path}: ${response.status} ${body}`);
  return response;
}
