/** Images with layers, put into a registry by its HTTP API alone, and read back byte by byte. */
import { digestOf, ociIndex, ociManifest, type Descriptor, type OnePlatform, type Place } from "../registries/content.ts";

const accept = `${ociIndex}, ${ociManifest}`;
const empty = "application/vnd.oci.empty.v1+json";

/** The manifest at a tag or digest. */
export interface Found {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

/** Pushes an image of one platform with these layers, and returns its descriptor. */
export async function pushLayered(
  place: Place,
  layers: readonly (string | Uint8Array)[],
  { tag, platform = { os: "linux", architecture: "amd64" } }: { tag?: string; platform?: OnePlatform } = {},
): Promise<Descriptor & { readonly platform: OnePlatform }> {
  const configuration = JSON.stringify({ ...platform, config: {}, rootfs: { type: "layers", diff_ids: layers.map(digestOf) } });
  const config = await pushBlob(place, configuration, "application/vnd.oci.image.config.v1+json");
  const pushed: Descriptor[] = [];
  for (const layer of layers) pushed.push(await pushBlob(place, layer, "application/vnd.oci.image.layer.v1.tar"));
  return { ...(await putManifest(place, { schemaVersion: 2, mediaType: ociManifest, config, layers: pushed }, tag)), platform };
}

/** Pushes an index of two platforms, each with a layer of its own, under a tag. */
export async function pushTwoPlatforms(place: Place, tag: string, text = tag): Promise<Descriptor> {
  const amd64 = await pushLayered(place, [`${text} for amd64`]);
  const arm64 = await pushLayered(place, [`${text} for arm64`], { platform: { os: "linux", architecture: "arm64" } });
  return putManifest(place, { schemaVersion: 2, mediaType: ociIndex, manifests: [amd64, arm64] }, tag);
}

/**
 * Pushes a referrer of an image, such as a signature, to the tag at which registries without the referrers API keep the
 * list.
 */
export async function pushReferrer(place: Place, { mediaType, digest, size }: Descriptor, text: string): Promise<Descriptor> {
  const artifactType = "application/vnd.example.signature";
  const config = await pushBlob(place, "{}", empty);
  const layer = await pushBlob(place, text, "text/plain");
  const subject = { mediaType, digest, size };
  const referrer = await putManifest(place, { schemaVersion: 2, mediaType: ociManifest, artifactType, config, layers: [layer], subject });
  const list = { schemaVersion: 2, mediaType: ociIndex, manifests: [{ ...referrer, artifactType }] };
  await putManifest(place, list, digest.replace(":", "-"));
  return referrer;
}

/** Puts a manifest, indented as no tool of ours writes it, so that only its own bytes have its digest. */
export async function putManifest(
  place: Place,
  manifest: { readonly mediaType: string; readonly [field: string]: unknown },
  tag?: string,
): Promise<Descriptor> {
  const body = JSON.stringify(manifest, null, 3);
  const digest = digestOf(body);
  await send(place, `manifests/${tag ?? digest}`, { method: "PUT", body, headers: { "content-type": manifest.mediaType } }, 201);
  return { mediaType: manifest.mediaType, digest, size: body.length };
}

/** Returns the manifest at a tag or digest; undefined if there is none. */
export async function find(place: Place, reference: string): Promise<Found | undefined> {
  const answer = await request(place, `manifests/${reference}`, { headers: { accept } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) return undefined;
  return { digest: answer.headers.get("docker-content-digest") ?? "", mediaType: answer.headers.get("content-type") ?? "", bytes };
}

/** Returns the tags of a repository, sorted; empty if there is no repository. */
export async function tagsOf(place: Place): Promise<readonly string[]> {
  const answer = await request(place, "tags/list", {});
  const { tags } = (await answer.json()) as { tags?: string[] | null };
  return (tags ?? []).sort();
}

/**
 * Returns all content below a reference, as `digest length`, each digest computed from the bytes. Throws if any is
 * missing.
 */
export async function contentOf(place: Place, reference: string): Promise<readonly string[]> {
  const top = await find(place, reference);
  if (top === undefined) throw new Error(`${place.repository}:${reference}: it is not there`);
  const { manifests = [], config, layers = [] } = JSON.parse(top.bytes.toString()) as Manifest;
  const below = await Promise.all(manifests.map(({ digest }) => contentOf(place, digest)));
  const blobs = await Promise.all(
    [...(config === undefined ? [] : [config]), ...layers].map(async ({ digest }) => {
      const answer = await request(place, `blobs/${digest}`, {});
      if (answer.status !== 200) throw new Error(`${place.repository}: blob ${digest}: ${answer.status}`);
      return lineOf(Buffer.from(await answer.arrayBuffer()));
    }),
  );
  return [lineOf(top.bytes), ...below.flat(), ...blobs].sort();
}

function lineOf(bytes: Buffer): string {
  return `${digestOf(bytes)} ${bytes.length}`;
}

async function pushBlob(place: Place, content: string | Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(content);
  const begun = await send(place, "blobs/uploads/", { method: "POST" }, 202);
  const location = new URL(begun.headers.get("location") ?? "");
  location.searchParams.set("digest", digest);
  await send(place, location.href, { method: "PUT", body: Buffer.from(content) }, 201);
  return { mediaType, digest, size: Buffer.byteLength(content) };
}

async function send(place: Place, path: string, init: RequestInit, expected: number): Promise<Response> {
  const response = await request(place, path, init);
  const body = await response.text();
  if (response.status !== expected) throw new Error(`${init.method} ${path}: ${response.status} ${body}`);
  return response;
}

function request({ host, repository, authorization }: Place, path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (authorization !== undefined) headers.set("authorization", authorization);
  return fetch(new URL(path, `http://${host}/v2/${repository}/`), { ...init, headers });
}
