import { FairleadError } from "../../core/errors.ts";
import { retry, retryAfter, type Attempted, type Retry, type RetryOptions } from "../../core/retry.ts";
import { tellingStatus } from "./reported.ts";

/** The part of an answer that decides whether a retry can help. */
export interface Answered {
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
  /** The registry's own errors, in the body of the answer. */
  readonly bytes: Uint8Array;
}

/** The retry options of a registry request. */
export interface RequestRetry extends Pick<RetryOptions, "doing" | "signal" | "delay"> {
  /** True if a failed attempt may have had an effect, which a retry would repeat. */
  readonly effect?: boolean;
  readonly attempts?: number;
}

/** Pauses in milliseconds. A longer `Retry-After` is cut to `longestPause`. */
const longestPause = 30_000;
const defaults = { attempts: 4, firstPause: 500 };

/**
 * Returns the first answer that a retry would not change, or the last one.
 * An attempt returns an error that is worth a retry; an error that it throws ends the request. Throws `canceled` when
 * the signal was aborted.
 */
export async function retryRequest<T extends Answered>(
  attempt: () => Promise<T | FairleadError>,
  { effect = false, ...options }: RequestRetry,
): Promise<T> {
  const outcome = await retry(attempt, (ended) => judge(ended, effect), { ...defaults, ...options });
  if (outcome instanceof FairleadError) throw outcome;
  return outcome;
}

function judge(ended: Attempted<Answered | FairleadError>, effect: boolean): Retry {
  if ("error" in ended) return "no";
  if (ended.value instanceof FairleadError) return effect ? "no" : "back-off";
  const { headers } = ended.value;
  const status = tellingStatus(ended.value);
  const asked = retryAfter(headers.get("retry-after"), Date.now());
  if (status === 429 || status === 503) return asked === undefined ? "back-off" : { after: Math.min(asked, longestPause) };
  // full storage is still full a second later: https://www.rfc-editor.org/rfc/rfc4918#section-11.5
  return status >= 500 && status !== 507 && !effect ? "back-off" : "no";
}
