import { createHash } from "node:crypto";
import { asFairleadError, FairleadError } from "../../core/errors.ts";
import type { Digest, ImageRef } from "../../core/image/image.ts";
import type { RegistryAnswer, RegistrySession } from "./client.ts";
import { freeYoungGarbage } from "./garbage.ts";
import type { Descriptor } from "./named.ts";
import { retryRequest } from "./retry.ts";
import { beginUpload, giveUpUpload, uploadOf } from "./upload.ts";

/** A blob to copy from one repository to another. */
export interface BlobCopy {
  readonly doing: string;
  readonly from: ImageRef;
  readonly to: ImageRef;
  readonly blob: Descriptor;
  /** Is told of bytes as they are read to be sent; of those of a failed attempt by a negative number. */
  readonly sent: (bytes: number) => void;
}

/** The outcome of copying a blob: it existed, it was mounted from the other repository, or it was sent. */
export type BlobOutcome = "present" | "mounted" | "sent";

/** True as long as mounting is worth a request. The first refusal sets it to false. */
export interface Mounting {
  allowed: boolean;
}

/** Milliseconds that a stopped copy takes at most to tell the registry so. */
const farewell = 2_000;

/**
 * Copies a blob: mounts it within one registry, else sends it if it does not exist. An interrupted transfer is begun
 * again.
 * Throws `not_found` if the source lacks it, `conflict` if its bytes do not match the digest: then the destination has
 * no such blob.
 */
export async function copyBlob(session: RegistrySession, copy: BlobCopy, mounting: Mounting): Promise<BlobOutcome> {
  const mounted = mounting.allowed && copy.from.registry === copy.to.registry ? await mount(session, copy, mounting) : undefined;
  if (mounted === "mounted") return mounted;
  if (await hasBlob(session, copy)) {
    if (mounted !== undefined) await giveUpUpload(session, copy.doing, copy.to, mounted);
    return "present";
  }
  const answer = await sendBlob(session, copy, mounted);
  if (answer.status !== 201 && answer.status !== 204 && answer.status !== 200) throw answer.refusal();
  return "sent";
}

/** Sends a small blob that we have made, unless the repository has it. */
export async function sendBytes(
  session: RegistrySession,
  doing: string,
  image: ImageRef,
  { digest, bytes }: { readonly digest: Digest; readonly bytes: Uint8Array },
): Promise<void> {
  const to = { registry: image.registry, repository: image.repository };
  if (await hasBlob(session, { doing, to, blob: { digest } })) return;
  const path = closing(await beginUpload(session, doing, to), digest);
  const headers = { "content-type": "application/octet-stream" };
  const answer = await session.send({ doing, image: to, actions: "pull,push", method: "PUT", path, headers, body: bytes });
  if (answer.status !== 201 && answer.status !== 204 && answer.status !== 200) throw answer.refusal();
}

/**
 * A registry that does not mount begins an upload:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository
 */
async function mount(
  session: RegistrySession,
  { doing, from, to, blob }: BlobCopy,
  mounting: Mounting,
): Promise<"mounted" | URL | undefined> {
  const path = `blobs/uploads/?${new URLSearchParams({ mount: blob.digest, from: from.repository }).toString()}`;
  try {
    const answer = await session.send({ doing, image: to, actions: "pull,push", from: from.repository, method: "POST", path });
    if (answer.status === 201) return "mounted";
    if (answer.status === 202) return uploadOf(doing, answer);
  } catch (error) {
    if (asFairleadError(error).code === "canceled") throw error; // any other error only says that there is no mounting
  }
  mounting.allowed = false;
  return undefined;
}

async function hasBlob(
  session: RegistrySession,
  { doing, to, blob }: Pick<BlobCopy, "doing" | "to"> & { readonly blob: Pick<Descriptor, "digest"> },
): Promise<boolean> {
  const answer = await session.send({ doing, image: to, actions: "pull,push", method: "HEAD", path: `blobs/${blob.digest}` });
  if (answer.status !== 200 && answer.status !== 404) throw answer.refusal();
  return answer.status === 200;
}

/** Each attempt is a new upload: registries differ in what is left of an interrupted one. */
async function sendBlob(session: RegistrySession, copy: BlobCopy, begun: URL | undefined): Promise<RegistryAnswer> {
  const { doing, to } = copy;
  let upload = begun;
  const attempt = async (): Promise<RegistryAnswer | FairleadError> => {
    const place = upload ?? (await beginUpload(session, doing, to));
    upload = undefined;
    try {
      return await putBlob(session, copy, place);
    } catch (error) {
      const failure = asFairleadError(error);
      await giveUpUpload(failure.code === "canceled" ? session.until(AbortSignal.timeout(farewell)) : session, doing, to, place);
      if (failure.code === "unavailable") return failure;
      throw failure;
    }
  };
  return retryRequest(attempt, { doing, signal: session.signal, delay: session.delay });
}

/** Sends all in one PUT: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#post-then-put */
function putBlob(session: RegistrySession, copy: BlobCopy, upload: URL): Promise<RegistryAnswer> {
  const { doing, to, blob } = copy;
  const place = closing(upload, blob.digest);
  const headers = { "content-type": "application/octet-stream", "content-length": String(blob.size) };
  const body = (): AsyncIterable<Uint8Array> => counted(readBlob(session, copy), copy.sent);
  return session.send({ doing, image: to, actions: "pull,push", method: "PUT", path: place, headers, body });
}

function closing(upload: URL, digest: Digest): URL {
  const place = new URL(upload);
  place.search += `${place.search === "" ? "?" : "&"}digest=${encodeURIComponent(digest)}`;
  return place;
}

async function* readBlob(session: RegistrySession, { doing, from, blob }: BlobCopy): AsyncGenerator<Uint8Array> {
  const headers = { accept: "*/*" };
  const answer = await session.send({
    doing,
    image: from,
    actions: "pull",
    method: "GET",
    path: `blobs/${blob.digest}`,
    headers,
    stream: true,
  });
  if (answer.status === 404) throw new FairleadError("not_found", `${doing}: ${answer.url.host} does not have its blob ${blob.digest}`);
  if (answer.body === undefined) throw answer.refusal();
  yield* verified(doing, answer.body, blob);
}

/** Whoever reads not to the end, or fails, has sent nothing: the upload is begun again. */
async function* counted(body: AsyncIterable<Uint8Array>, sent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let length = 0;
  let complete = false;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      sent(chunk.length);
      yield chunk;
    }
    complete = true;
  } finally {
    if (!complete) sent(-length);
  }
}

/** Holds the last piece back until the digest is verified, so that wrong content is never complete at the other end. */
async function* verified(doing: string, body: AsyncIterable<Uint8Array>, { digest, size }: Descriptor): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let length = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of body) {
    hash.update(chunk);
    length += chunk.length;
    freeYoungGarbage(chunk.length);
    if (length > size)
      throw new FairleadError("conflict", `${doing}: the blob ${digest} is longer than the ${size} bytes that its manifest declares`);
    if (held !== undefined) yield held;
    held = chunk;
  }
  const actual = `sha256:${hash.digest("hex")}`;
  if (actual !== digest) throw new FairleadError("conflict", `${doing}: the registry sent ${actual} for ${digest}`);
  if (length < size)
    throw new FairleadError("conflict", `${doing}: the blob ${digest} is shorter than the ${size} bytes that its manifest declares`);
  if (held !== undefined) yield held;
}
