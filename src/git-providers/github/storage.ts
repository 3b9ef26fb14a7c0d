// Logs and artifacts, which GitHub keeps elsewhere: it answers with a signed URL, and no credential of ours may go there.
import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../../core/adapter.ts";
import { FairleadError } from "../../core/errors.ts";
import { readSentOn, type SentOnOptions } from "../../http/sent-on.ts";

/** Milliseconds for a whole download. */
const patience = 60_000;
/** Bytes of which the end is looked for. */
const longest = 2 ** 28;

/** The bytes of a download that are wanted. */
export type WantedBytes =
  /** So many at its end. */
  | { readonly keepLast: number }
  /** All, if they are no more than so many. */
  | { readonly most: number };

/**
 * Returns what a signed URL leads to, which the API of a client has answered with. It is asked without a credential. Throws `unsupported` where the URL leads
 * inside, `unavailable`, and `input` for what is too large.
 */
export type ReadStored = (octokit: Pick<Octokit, "request">, location: string | undefined, wanted: WantedBytes) => Promise<Uint8Array>;

/** Returns what reads such URLs. `resolve` looks names up. */
export function storedReader(options: Pick<AdapterOptions, "signal" | "plainHttp">, resolve?: SentOnOptions["resolve"]): ReadStored {
  return async ({ request }, location, wanted) => {
    const doing = "read what GitHub keeps elsewhere";
    const url = URL.parse(location ?? "");
    if (url === null || !["https:", "http:"].includes(url.protocol)) throw new FairleadError("unavailable", `${doing}: it has no address`);
    const signal = AbortSignal.any([AbortSignal.timeout(patience), options.signal]);
    const from = new URL(request.endpoint.DEFAULTS.baseUrl).host;
    const body = readSentOn({ doing, url, from }, { plainHttp: options.plainHttp, signal, ...(resolve && { resolve }) });
    return "most" in wanted ? await readWhole(doing, body, wanted.most) : await readTail(doing, body, wanted.keepLast);
  };
}

async function readWhole(doing: string, body: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of upTo(most, doing, body)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A log may be large: no more of it is kept than its end, and a chunk. */
async function readTail(doing: string, body: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  let kept = Buffer.alloc(0);
  for await (const chunk of upTo(longest, doing, body)) {
    kept = Buffer.concat([kept, chunk]);
    if (kept.length > 2 * size) kept = kept.subarray(-size);
  }
  return kept.subarray(-size);
}

async function* upTo(most: number, doing: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new FairleadError("input", `${doing}: it has more than ${most} bytes`);
    yield chunk;
  }
}
