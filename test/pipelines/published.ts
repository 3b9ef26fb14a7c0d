/** Reads pushed images back from the registry itself. */
import { gunzipSync } from "node:zlib";
import type { Registry } from "../doubles/registry.ts";

/** An OCI manifest, with its configuration. */
export interface PublishedManifest {
  readonly digest: string;
  readonly platform: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
}

/** All content below a reference. */
export interface Published {
  readonly digest: string;
  readonly mediaType: string;
  /** The annotations of the manifest itself, or of the index. */
  readonly annotations: Readonly<Record<string, string>>;
  /** One for each platform. */
  readonly manifests: readonly PublishedManifest[];
  /** The bytes of all manifests, configurations and layers, these unpacked. */
  readonly content: readonly Buffer[];
}

interface Descriptor {
  readonly digest: string;
}

interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Configuration {
  readonly os: string;
  readonly architecture: string;
  readonly config: { readonly Labels?: Readonly<Record<string, string>>; readonly Env?: readonly string[] };
}

const accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

/** Returns the image at a tag or digest; undefined if the registry has none. */
export async function readPublished({ url }: Registry, repository: string, reference: string): Promise<Published | undefined> {
  const found = await get(`${url}/v2/${repository}/manifests/${reference}`, { accept });
  if (found === undefined) return undefined;
  const top = JSON.parse(found.bytes.toString()) as Manifest;
  const digests = top.manifests?.map(({ digest }) => digest) ?? [found.headers.get("docker-content-digest") ?? ""];
  const each = await Promise.all(digests.map((digest) => readManifest(`${url}/v2/${repository}`, digest)));
  return {
    digest: found.headers.get("docker-content-digest") ?? "",
    mediaType: found.headers.get("content-type") ?? "",
    annotations: top.annotations ?? {},
    manifests: each.map(({ manifest }) => manifest),
    content: [found.bytes, ...each.flatMap(({ content }) => content)],
  };
}

async function readManifest(base: string, digest: string): Promise<{ manifest: PublishedManifest; content: Buffer[] }> {
  const bytes = await need(`${base}/manifests/${digest}`);
  const { config, layers = [], annotations = {} } = JSON.parse(bytes.toString()) as Manifest;
  const configuration = await need(`${base}/blobs/${config?.digest}`);
  const { os, architecture, config: settings } = JSON.parse(configuration.toString()) as Configuration;
  const { Labels: labels = {}, Env: env = [] } = settings;
  const unpacked = await Promise.all(layers.map(async (layer) => gunzipSync(await need(`${base}/blobs/${layer.digest}`))));
  return {
    manifest: { digest, platform: `${os}/${architecture}`, annotations, labels, env },
    content: [bytes, configuration, ...unpacked],
  };
}

async function need(url: string): Promise<Buffer> {
  const found = await get(url, { accept });
  if (found === undefined) throw new Error(`read ${url}: it is not there`);
  return found.bytes;
}

async function get(url: string, headers: Record<string, string>): Promise<{ bytes: Buffer; headers: Headers } | undefined> {
  const answer = await fetch(url, { headers });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return answer.status === 200 ? { bytes, headers: answer.headers } : undefined;
}
