import { FairleadError } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { RegistryAnswer, RegistrySession } from "./client.ts";

/**
 * Begins to send a blob, and returns its upload URL.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 */
export async function beginUpload(session: RegistrySession, doing: string, image: ImageRef): Promise<URL> {
  const answer = await session.send({ doing, image, actions: "pull,push", method: "POST", path: "blobs/uploads/" });
  if (answer.status !== 202) throw answer.refusal();
  return uploadOf(doing, answer);
}

/** Returns the upload URL of an answer. */
export function uploadOf(doing: string, answer: RegistryAnswer): URL {
  const upload = URL.parse(answer.headers.get("location") ?? "", answer.url.href);
  if (upload === null) throw new FairleadError("unsupported", `${doing}: ${answer.url.host} does not say where to upload the blob`);
  return upload;
}

/** Cancels an upload. If that fails, the registry removes it by itself. */
export async function giveUpUpload(session: RegistrySession, doing: string, image: ImageRef, upload: URL): Promise<void> {
  await session.send({ doing, image, actions: "pull,push", method: "DELETE", path: upload }).catch(() => undefined);
}
