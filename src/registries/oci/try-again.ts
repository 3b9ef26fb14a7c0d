import { FairleadError } from "../../core/errors.ts";

/** What of an answer says whether another try may help. */
export interface Answered {
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
}

/** When to stop trying. */
export interface Persistence {
  readonly doing: string;
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or throws when it is stopped. */
  delay(milliseconds: number): Promise<void>;
  /** A try that failed may have had an effect that another would have once more. */
  readonly effect?: boolean;
  readonly tries?: number;
}

const enough = 4;
/** The first pause before another try, in milliseconds; each later one is twice as long. */
const firstPause = 500;
/** The longest that a server's `Retry-After` is followed, in milliseconds. */
const longestPause = 30_000;

/**
 * Returns the first answer that trying again would not change, or the last. A try may return an error for a failure that is worth another;
 * what it throws ends all. Throws `canceled` when the signal was aborted.
 */
export async function tryAgain<T extends Answered>(attempt: () => Promise<T | FairleadError>, persistence: Persistence): Promise<T> {
  const { doing, signal, tries = enough } = persistence;
  try {
    for (let tried = 1; ; tried++) {
      const outcome = await attempt();
      const pause = tried < tries && !signal.aborted ? pauseBefore(outcome, tried, persistence) : undefined;
      if (pause !== undefined) await persistence.delay(pause);
      else if (outcome instanceof FairleadError) throw outcome;
      else return outcome;
    }
  } catch (error) {
    if (signal.aborted) throw new FairleadError("canceled", `${doing}: stopped`, { cause: error });
    throw error;
  }
}

/** Returns how long to wait before another try, in milliseconds; undefined where none would help or the first may have had its effect. */
function pauseBefore(outcome: Answered | FairleadError, tried: number, { effect = false }: Persistence): number | undefined {
  const backoff = firstPause * 2 ** (tried - 1) * (0.5 + Math.random() / 2);
  if (outcome instanceof FairleadError) return effect ? undefined : backoff;
  if (outcome.status === 429 || outcome.status === 503) return retryAfter(outcome) ?? backoff;
  // what has no space left has none in a second either: https://www.rfc-editor.org/rfc/rfc4918#section-11.5
  return outcome.status >= 500 && outcome.status !== 507 && !effect ? backoff : undefined;
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfter({ headers }: Answered): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 0), longestPause);
}
