import { FairleadError } from "../../core/errors.ts";
import { retry, retryAfter, type Attempted, type Retry, type RetryOptions } from "../../core/retry.ts";

/** The part of an answer that says whether another attempt can help. */
export interface Answered {
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
}

/** How a request to a registry is sent again. */
export interface Persistence extends Pick<RetryOptions, "doing" | "signal" | "delay"> {
  /** A failed attempt may have had an effect, and another would have it once more. */
  readonly effect?: boolean;
  readonly attempts?: number;
}

/** Pauses in milliseconds. A longer `Retry-After` is followed for `longestPause`. */
const longestPause = 30_000;
const defaults = { attempts: 4, firstPause: 500 };

/**
 * Returns the first answer that another attempt would not change, or the last. An attempt returns an error for a failure that is worth another;
 * what it throws ends the request. Throws `canceled` when the signal was aborted.
 */
export async function retryRequest<T extends Answered>(
  attempt: () => Promise<T | FairleadError>,
  { effect = false, ...options }: Persistence,
): Promise<T> {
  const outcome = await retry(attempt, (ended) => judge(ended, effect), { ...defaults, ...options });
  if (outcome instanceof FairleadError) throw outcome;
  return outcome;
}

function judge(ended: Attempted<Answered | FairleadError>, effect: boolean): Retry {
  if ("error" in ended) return "no";
  if (ended.value instanceof FairleadError) return effect ? "no" : "back-off";
  const { status, headers } = ended.value;
  const asked = retryAfter(headers.get("retry-after"), Date.now());
  if (status === 429 || status === 503) return asked === undefined ? "back-off" : { after: Math.min(asked, longestPause) };
  // what has no space left has none in a second either: https://www.rfc-editor.org/rfc/rfc4918#section-11.5
  return status >= 500 && status !== 507 && !effect ? "back-off" : "no";
}
