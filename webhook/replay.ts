import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import type { Event } from "../src/core/event.ts";
import { FairleadError } from "../src/core/errors.ts";
import { collectHeaders } from "./receiver/headers.ts";
import type { AskedKinds, Endpoint, KeyFetcher, Proving, Receiver } from "./receiver/receiver.ts";
import { receive, wholeBody, type Received } from "./receive.ts";
import { isWeak, weaknessOf } from "./http/strong-secret.ts";
import { receivers } from "./receivers/index.ts";
import { caseHint, provenBefore, readCase, type SavedCase } from "./saved-case.ts";

/** The result of a saved request. */
export interface ReplayResult {
  readonly outcome: Received["outcome"];
  readonly status: Received["status"];
  readonly reason: string;
  readonly events: readonly Event[];
  /** What is wrong with the saved secret, with which a listener would not start. */
  readonly warning?: string;
}

const offline: KeyFetcher = {
  get: (url) => Promise.reject(new FairleadError("unavailable", `get ${url.origin}: a replay asks nobody`)),
};

/**
 * Returns the result of the request in a folder that is named `SOURCE/CASE` at its end, after the requests that it says came before. The key set in
 * its options is taken for the provider's. `asked` are the kinds that routes name. Throws `input` for a folder that holds no case.
 */
export async function replay(folder: string, fetcher: KeyFetcher = offline, asked?: AskedKinds): Promise<ReplayResult> {
  const path = resolve(folder);
  const source = basename(dirname(path));
  const found = receivers.find(({ name }) => name === source);
  if (found === undefined) {
    const why = existsSync(join(path, "request.json")) ? `"${source}" is no kind of source` : "there is no request.json in it";
    throw new FairleadError("input", `replay ${folder}: ${why}`, { hint: caseHint });
  }
  const saved = await readCase(path);
  const receiver = saved.proof === provenBefore ? { ...found, prove: () => proven } : found;
  const earlier = await Promise.all(saved.after.map((name) => readCase(join(path, "../..", name))));

  const accepted = new Set<string>();
  const endpoint = endpointOf(receiver, saved, asked);
  for (const each of earlier) await judge(receiver, endpoint, each, accepted, keysOf(saved, fetcher));
  return { ...(await judge(receiver, endpoint, saved, accepted, keysOf(saved, fetcher))), ...warningOf(saved) };
}

/** A stored delivery was proven when it came. */
const proven: Proving = { update: () => undefined, proven: () => Promise.resolve(true) };

function warningOf({ secret }: SavedCase): { readonly warning?: string } {
  const bytes = Buffer.from(secret ?? "");
  if (secret === null || !isWeak(bytes)) return {};
  const { problem, hint } = weaknessOf(bytes);
  return { warning: `the secret of the case can be guessed, and serve would refuse it: ${problem}; ${hint}` };
}

function endpointOf(receiver: Receiver, { secret, options: { jwks: _, ...options } }: SavedCase, asked?: AskedKinds): Endpoint<unknown> {
  const secrets = secret === null ? [] : [Buffer.from(secret)];
  return { secrets, options: readOptions(receiver, options), ...(asked === undefined ? {} : { asked }) };
}

function keysOf({ options: { jwks } }: SavedCase, fetcher: KeyFetcher): KeyFetcher {
  return jwks === undefined ? fetcher : { get: () => Promise.resolve(Buffer.from(JSON.stringify(jwks))) };
}

/** Sends a request to an endpoint, whose provider's ids of accepted deliveries are `accepted`. */
async function judge(
  receiver: Receiver,
  endpoint: Endpoint<unknown>,
  sent: SavedCase,
  accepted: Set<string>,
  fetcher: KeyFetcher,
): Promise<ReplayResult> {
  const request = {
    method: sent.method,
    headers: collectHeaders(Object.entries(sent.headers), receiver),
    body: wholeBody(sent.body),
    receivedAt: sent.now === undefined ? new Date() : new Date(sent.now * 1000),
  };
  const { outcome, status, reason, delivery, events } = await receive(receiver, endpoint, request, fetcher);
  if (delivery !== null && accepted.has(delivery)) return { outcome: "ignored", status: 200, reason: "duplicate", events: [] };
  if (delivery !== null && outcome === "accepted") accepted.add(delivery);
  return { outcome, status, reason, events };
}

function readOptions(receiver: Receiver, options: unknown): unknown {
  const read = receiver.options.safeParse(options);
  if (read.success) return read.data;
  throw new FairleadError("input", `read options of ${receiver.name}: ${z.prettifyError(read.error)}`);
}
