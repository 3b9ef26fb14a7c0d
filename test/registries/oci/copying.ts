/** Shared by the tests of copies: images with layers and referrers, and a copy of a tag from one place to another. */
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { parseImage, type ImageRef } from "../../../src/core/image/image.ts";
import type { Copied, Images } from "../../../src/core/registry/images.ts";
import type { RegistryLogin } from "../../../src/core/registry/registry.ts";
import { createImages } from "../../../src/registries/oci.ts";
import { registryOptions } from "../../adapter-options.ts";
import {
  type pushManifest,
  fetchManifest,
  ociManifest,
  pushBlob,
  pushIndex,
  pushLayers,
  tarOf,
  type Descriptor,
  type Place,
} from "../content.ts";

export const amd64 = { os: "linux", architecture: "amd64" };
export const arm64 = { os: "linux", architecture: "arm64", variant: "v8" };

/**
 * Returns a port that logs in with `login` and never waits. The pauses that it would have made are in `pauses`, in
 * milliseconds.
 */
export function imagesOf(login?: RegistryLogin, pauses: number[] = []): Images {
  return createImages({
    ...registryOptions(),
    login: () => Promise.resolve(login),
    delay: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  });
}

export function imageAt({ host, repository }: Place, tag?: string): ImageRef {
  return parseImage(`${host}/${repository}${tag === undefined ? "" : `:${tag}`}`);
}

/** Returns a layer that no registry has yet. */
export function newLayer(length = 4096): Buffer {
  return gzipSync(tarOf("file", randomBytes(length)));
}

/** Pushes an index of two platforms that share a layer, and returns its parts. */
export async function pushTwoPlatforms(place: Place, tag: string): Promise<{ index: Descriptor; first: Descriptor; second: Descriptor }> {
  const shared = newLayer();
  const first = await pushLayers(place, amd64, [shared, newLayer()]);
  const second = await pushLayers(place, arm64, [shared, newLayer()]);
  return { index: await pushIndex(place, [first, second], tag), first, second };
}

export const signature = "application/vnd.example.signature";

/** Returns the manifest of a referrer of a subject, after pushing its blobs. */
export async function referrerTo(place: Place, { mediaType, digest, size }: Descriptor, text: string): Promise<Manifest> {
  const config = await pushBlob(place, "{}", signature);
  const layer = await pushBlob(place, text, "text/plain");
  const subject = { mediaType, digest, size };
  return {
    schemaVersion: 2,
    mediaType: ociManifest,
    artifactType: signature,
    config,
    layers: [layer],
    subject,
    annotations: { says: text },
  };
}

type Manifest = Parameters<typeof pushManifest>[1];

/** Copies a tag's image, and sets the tag. */
export async function copyTag(images: Images, from: Place, to: Place, tag: string, referrers = false): Promise<Copied> {
  const manifest = await images.manifest(imageAt(from, tag));
  const copied = await images.copy(imageAt(from), manifest, imageAt(to), { referrers });
  await images.tag(imageAt(to), manifest, [tag]);
  return copied;
}

interface Tree {
  readonly manifests?: readonly { readonly digest: string }[];
}

/**
 * Returns the texts of the manifest at a tag or digest and of all that it names, by reference; undefined for missing
 * ones.
 */
export async function readTree(place: Place, reference: string): Promise<Record<string, string | undefined>> {
  const bytes = await fetchManifest(place, reference);
  const { manifests = [] } = JSON.parse(bytes?.toString() ?? "{}") as Tree;
  const below = await Promise.all(manifests.map(({ digest }) => readTree(place, digest)));
  return Object.assign({ [reference]: bytes?.toString() }, ...below) as Record<string, string | undefined>;
}
