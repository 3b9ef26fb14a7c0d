// Logs and artifacts, which GitHub keeps elsewhere: it answers with a signed URL, and no credential of ours may go there.
import { FairleadError } from "../../core/errors.ts";

/** Milliseconds for a whole download. */
const patience = 60_000;

/** The bytes of a download that are wanted. */
export type WantedBytes =
  /** So many at its end. */
  | { readonly keepLast: number }
  /** All, if they are no more than so many. */
  | { readonly most: number };

/** Returns what a signed URL leads to. It is asked without a credential. Throws `unavailable`, and `input` for what is too large. */
export async function readStored(location: string | undefined, wanted: WantedBytes): Promise<Uint8Array> {
  const doing = "read what GitHub keeps elsewhere";
  const url = URL.parse(location ?? "");
  if (url === null || !["https:", "http:"].includes(url.protocol)) throw new FairleadError("unavailable", `${doing}: it has no address`);
  const response = await fetch(url, { signal: AbortSignal.timeout(patience), headers: { "user-agent": "fairlead" } });
  if (!response.ok) throw new FairleadError("unavailable", `${doing}: ${url.host} answered ${response.status}`);
  return "most" in wanted ? await readWhole(doing, response, wanted.most) : await readTail(response, wanted.keepLast);
}

async function readWhole(doing: string, response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    size += chunk.length;
    if (size > most) throw new FairleadError("input", `${doing}: it has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A log may be large: no more of it is kept than its end, and a chunk. */
async function readTail(response: Response, size: number): Promise<Uint8Array> {
  let kept = Buffer.alloc(0);
  for await (const chunk of chunksOf(response)) {
    kept = Buffer.concat([kept, chunk]);
    if (kept.length > 2 * size) kept = kept.subarray(-size);
  }
  return kept.subarray(-size);
}

function chunksOf({ body }: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] {
  return body ?? [];
}
