import { FairleadError } from "../../core/errors.ts";
import { formatImage, isDigest, type Digest, type ImageRef, type PinnedImage } from "../../core/image/image.ts";
import type { RawManifest } from "../../core/registry/images.ts";
import type { RegistryAnswer, RegistryClient } from "./client.ts";
import * as content from "./content.ts";
import { refusedLayer } from "./layers-elsewhere.ts";

const accept = content.manifestTypes.join(", ");
/** Manifests of `docker push` before 2016. Their digest is not that of their bytes. https://docs.docker.com/retired/ */
const schema1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/;

/** Returns the beginning of an error about reading the image. */
export function reading(image: ImageRef): string {
  return `read ${formatImage(image)}`;
}

/** HEAD is enough if the registry returns the digest. Docker Hub does not count it against its limit. */
export async function resolveImage(send: RegistryClient, image: ImageRef): Promise<PinnedImage | undefined> {
  const doing = reading(image);
  const answer = await send({ doing, image, actions: "pull", method: "HEAD", path: manifestPath(doing, image), headers: { accept } });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw answer.refusal();
  const digest = reportedDigest(answer) ?? (await readManifest(send, image))?.digest;
  if (digest === undefined) return undefined;
  if (image.digest !== undefined && image.digest !== digest) {
    throw new FairleadError("conflict", `${doing}: the registry has ${digest} for it`);
  }
  return { ...image, digest };
}

/** Tells whether the destination repository has the manifest. */
export async function hasManifest(send: RegistryClient, doing: string, image: PinnedImage): Promise<boolean> {
  const path = manifestPath(doing, image);
  const answer = await send({ doing, image, actions: "pull,push", method: "HEAD", path, headers: { accept } });
  if (answer.status !== 200 && answer.status !== 404) throw answer.refusal();
  return answer.status === 200;
}

/** Returns a manifest with its digest checked; undefined when the registry has no such tag or digest. */
export async function readManifest(send: RegistryClient, image: ImageRef, doing = reading(image)): Promise<RawManifest | undefined> {
  const answer = await send({ doing, image, actions: "pull", method: "GET", path: manifestPath(doing, image), headers: { accept } });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw answer.refusal();
  const mediaType = mediaTypeOf(doing, answer);
  return { digest: content.checkDigest(doing, answer.bytes, image.digest, reportedDigest(answer)), mediaType, bytes: answer.bytes };
}

/**
 * Puts a manifest's original bytes under the tag or the digest of `image`, so that signatures stay valid.
 * Returns the registry's answer. Throws `conflict` if the registry computes another digest.
 */
export async function putManifest(send: RegistryClient, doing: string, image: ImageRef, manifest: RawManifest): Promise<RegistryAnswer> {
  const answer = await sendManifest(send, doing, image, manifest);
  checkTaken(doing, answer, manifest.digest);
  return answer;
}

/** Puts a manifest, and leaves it to the caller to check the answer. */
export async function sendManifest(send: RegistryClient, doing: string, image: ImageRef, manifest: RawManifest): Promise<RegistryAnswer> {
  const headers = { "content-type": manifest.mediaType };
  const path = manifestPath(doing, image);
  const answer = await send({ doing, image, actions: "pull,push", method: "PUT", path, headers, body: manifest.bytes });
  return { ...answer, refusal: () => refusedLayer(doing, answer, manifest) ?? answer.refusal() };
}

/** Throws unless the answer says that the registry accepted the manifest with this digest. */
export function checkTaken(doing: string, answer: RegistryAnswer, digest: Digest): void {
  if (answer.status !== 201 && answer.status !== 200) throw answer.refusal();
  const reported = reportedDigest(answer) ?? digest;
  if (reported !== digest) throw new FairleadError("conflict", `${doing}: the registry made ${reported} of ${digest}`);
}

/** Throws `internal` for the placeholder digest of a dry run: no registry has it. */
function manifestPath(doing: string, image: ImageRef): string {
  if (image.digest !== undefined && !isDigest(image.digest)) {
    throw new FairleadError("internal", `${doing}: the digest is not known`);
  }
  return `manifests/${image.digest ?? image.tag ?? "latest"}`;
}

function reportedDigest(answer: RegistryAnswer): Digest | undefined {
  const reported = answer.headers.get("docker-content-digest") ?? "";
  return isDigest(reported) ? reported : undefined;
}

/** The header names the type. If it says only JSON, the manifest itself may. */
function mediaTypeOf(doing: string, answer: RegistryAnswer): string {
  const reported = content.typeOf(answer.headers);
  if (content.manifestTypes.includes(reported)) return reported;
  const own = /^$|json$/.test(reported) ? content.parseContent(doing, "manifest", content.typedContent, answer.bytes).mediaType : reported;
  if (own !== undefined && content.manifestTypes.includes(own)) return own;
  const { host } = answer.url;
  if (schema1.test(reported)) {
    throw new FairleadError("unsupported", `${doing}: ${host} has a manifest of schema 1, which Docker has retired`, {
      hint: "build the image again and push it",
    });
  }
  throw new FairleadError("unsupported", `${doing}: ${host} answered ${reported || "something"}, which is not an image's manifest`);
}
