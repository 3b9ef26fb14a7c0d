import type { ImageRef, PinnedImage } from "../../core/image/image.ts";
import { FairleadError } from "../../core/errors.ts";
import type { RawManifest, Referrer } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import { referrersContent, parseContent, typeOf } from "./content.ts";
import { askFallbackTag, fallbackTag } from "./fallback-tag.ts";
import { readManifest } from "./manifest.ts";
import { readNamed } from "./named.ts";

const indexType = "application/vnd.oci.image.index.v1+json";
/**
 * Suffixes of cosign's tags `sha256-<hex>`:
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery
 */
const cosignSuffixes = ["sig", "att", "sbom"];
/** The limit of pages: a registry with more of them leads us in a circle. */
const mostPages = 100;
/** The limit of the referrers of one manifest. */
const mostReferrers = 1_000;

/** Returns the referrers of a digest in the registry's order, then cosign's. */
export async function listReferrers(send: RegistryClient, doing: string, image: PinnedImage): Promise<readonly Referrer[]> {
  const listed = (await readReferrers(send, doing, image)) ?? (await readFallback(send, doing, image)) ?? [];
  const tagged = await Promise.all(cosignSuffixes.map((suffix) => readCosign(send, doing, image, suffix)));
  return [...listed, ...tagged.flat()];
}

/** Returns the list entry of a manifest that refers to another. */
export function referrerOf(doing: string, manifest: RawManifest, tag?: string): Referrer {
  const { artifactType, annotations } = readNamed(doing, manifest);
  return { digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.bytes.length, artifactType, annotations, tag };
}

/** Returns the list of the referrers API; undefined if the registry does not serve it. */
export async function readReferrers(send: RegistryClient, doing: string, image: PinnedImage): Promise<readonly Referrer[] | undefined> {
  const all: Referrer[] = [];
  let path: string | URL | undefined = `referrers/${image.digest}`;
  for (let page = 1; path !== undefined; page++) {
    if (page > mostPages) throw new FairleadError("unsupported", `${doing}: ${image.registry} lists referrers without end`);
    const answer = await send({ doing, image, actions: "pull", method: "GET", path, headers: { accept: indexType } });
    const served = answer.status === 200 && typeOf(answer.headers) === indexType;
    // a registry from before 1.1 has no such path: it answers in its own way, or with its web page
    if (!served && page === 1 && [200, 400, 404, 405, 501].includes(answer.status)) return undefined;
    if (!served) throw answer.refusal();
    all.push(...parseReferrers(doing, answer.bytes));
    assertFew(doing, image, all);
    path = nextPage(answer.headers.get("link") ?? "", answer.url);
  }
  return all;
}

/**
 * Tells whether a registry can list the referrers of an image: by its API, or under a tag that is not the image itself.
 */
export async function canListReferrers(send: RegistryClient, doing: string, image: PinnedImage): Promise<boolean> {
  if ((await readReferrers(send, doing, image)) !== undefined) return true;
  return (await askFallbackTag(send, image, doing)) !== "the image itself";
}

/** Returns the list of the fallback tag; undefined if there is none. */
async function readFallback(send: RegistryClient, doing: string, image: PinnedImage): Promise<readonly Referrer[] | undefined> {
  const index = await askFallbackTag(send, image, doing);
  if (typeof index === "string" || index.mediaType !== indexType) return undefined;
  const all = parseReferrers(doing, index.bytes);
  assertFew(doing, image, all);
  return all;
}

function assertFew(doing: string, { registry, digest }: PinnedImage, all: readonly Referrer[]): void {
  if (all.length <= mostReferrers) return;
  throw new FairleadError("unsupported", `${doing}: ${registry} lists more than ${mostReferrers} referrers of ${digest}`, {
    hint: "copy without referrers, or delete those that nobody needs",
  });
}

async function readCosign(send: RegistryClient, doing: string, image: PinnedImage, suffix: string): Promise<readonly Referrer[]> {
  const place: ImageRef = { registry: image.registry, repository: image.repository, tag: `${fallbackTag(image.digest)}.${suffix}` };
  const manifest = await readManifest(send, place, doing);
  return manifest === undefined ? [] : [referrerOf(doing, manifest, place.tag)];
}

function parseReferrers(doing: string, bytes: Uint8Array): readonly Referrer[] {
  return parseContent(doing, "list of referrers", referrersContent, bytes).manifests.map((each) => ({ ...each, tag: undefined }));
}

/** https://www.rfc-editor.org/rfc/rfc8288#section-3 */
export function nextPage(link: string, base: URL): URL | undefined {
  const links = link.split("<").map((each) => each.split(">", 2));
  const [target] = links.find(([, rest = ""]) => /;\s*rel="?next"?/i.test(rest.split(",", 1)[0] ?? "")) ?? [];
  return target === undefined ? undefined : (URL.parse(target, base.href) ?? undefined);
}
