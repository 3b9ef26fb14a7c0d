import { FairleadError } from "../src/core/errors.ts";
import type { KeyFetcher } from "./receiver/receiver.ts";

/** An answer of at most so many bytes is read. */
const limit = 2 ** 20;
const timeoutMilliseconds = 10_000;
/** In seconds: longer than that no answer is kept, whatever it says of itself. */
const longestAge = 3600;
/** An endpoint's sender can name addresses before it has proven anything, so what is kept is bounded. */
const mostKept = 100;

interface Kept {
  readonly body: Promise<Uint8Array>;
  /** Milliseconds since 1970. Until the answer is there, for ever. */
  until: number;
}

/** The `fetch` and the clock of a key fetcher (default: the global ones). */
export interface KeyFetcherOptions {
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
}

/**
 * Returns a key fetcher that keeps answers as long as their `Cache-Control: max-age` says, an hour at most and an hour if it says nothing, none with
 * `no-store`; and that asks once for what is asked for several times at once.
 */
export function createKeyFetcher({ fetch: ask = fetch, now = Date.now }: KeyFetcherOptions = {}): KeyFetcher {
  const answers = new Map<string, Kept>();
  return {
    get(url) {
      const known = answers.get(url.href);
      if (known !== undefined && now() < known.until) return known.body;
      const asked = request(ask, url);
      const kept: Kept = { body: asked.then(({ body }) => body), until: Infinity };
      answers.delete(url.href);
      answers.set(url.href, kept);
      const [oldest = ""] = answers.keys();
      if (answers.size > mostKept) answers.delete(oldest);
      asked.then(
        ({ age }) => (kept.until = now() + age * 1000),
        () => (kept.until = 0),
      );
      return kept.body;
    },
  };
}

/** Returns the answer, and for how many seconds it may be kept. Messages name the host alone: the rest is of the sender's choice, or a token of SNS. */
async function request(ask: typeof fetch, url: URL): Promise<{ body: Uint8Array; age: number }> {
  const doing = `get ${url.origin}`;
  if (url.protocol !== "https:") throw new FairleadError("input", `${doing}: only https is asked`);
  try {
    const response = await ask(url, { redirect: "error", signal: AbortSignal.timeout(timeoutMilliseconds) });
    const body = await readBody(response);
    if (response.ok && body !== undefined) return { body, age: ageOf(response.headers.get("cache-control") ?? "") };
    if (response.status < 500 && response.status !== 429) throw new FairleadError("not_found", `${doing}: ${problem(response)}`);
    throw new FairleadError("unavailable", `${doing}: ${problem(response)}`);
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    throw new FairleadError("unavailable", `${doing}: no answer`, { cause: error });
  }
}

function problem(response: Response): string {
  return response.ok ? `the answer is larger than ${limit} bytes` : `HTTP ${response.status}`;
}

/** Returns undefined, without reading on, when there is more than the limit. */
async function readBody(response: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function ageOf(cacheControl: string): number {
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return 0;
  const [, seconds] = /\bmax-age=(\d+)/i.exec(cacheControl) ?? [];
  return Math.min(Number(seconds ?? longestAge), longestAge);
}
