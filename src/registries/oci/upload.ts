import { FairleadError } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { RegistryAnswer, Wire } from "./client.ts";

/** Begins to send a blob, and returns where to. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs */
export async function beginUpload(wire: Wire, doing: string, image: ImageRef): Promise<URL> {
  const answer = await wire.send({ doing, image, actions: "pull,push", method: "POST", path: "blobs/uploads/" });
  if (answer.status !== 202) throw answer.refusal();
  return uploadOf(doing, answer);
}

/** Returns where the registry takes what was begun. */
export function uploadOf(doing: string, answer: RegistryAnswer): URL {
  const upload = URL.parse(answer.headers.get("location") ?? "", answer.url.href);
  if (upload === null) throw new FairleadError("unsupported", `${doing}: ${answer.url.host} does not say where it takes the blob`);
  return upload;
}

/** An upload that stays is nobody's: the registry clears it away by itself. */
export async function giveUpUpload(wire: Wire, doing: string, image: ImageRef, upload: URL): Promise<void> {
  await wire.send({ doing, image, actions: "pull,push", method: "DELETE", path: upload }).catch(() => undefined);
}
