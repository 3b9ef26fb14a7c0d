import { FairleadError } from "./errors.ts";

/** The end of an attempt: its value or its error. */
export type Attempted<T> = { readonly value: T } | { readonly error: unknown };

/** The decision after a failed attempt: no retry, a retry after a back-off, or after the milliseconds that the server asks for. */
export type Retry = "no" | "back-off" | { readonly after: number };

/** The options of retries: the number of attempts, the pauses in milliseconds, and the signal that stops them. */
export interface RetryOptions {
  /** Begins the error of a stopped request: `read ghcr.io/acme/app`. */
  readonly doing: string;
  readonly signal: AbortSignal;
  readonly attempts: number;
  /** The first back-off, in milliseconds. Each later one is twice as long. */
  readonly firstPause: number;
  /** Waits for some milliseconds, or throws when the signal is aborted. */
  delay(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * Sends a request until `judge` says that another attempt would not help, or all attempts are used. Returns the last value or throws the last
 * error. Throws `canceled` when the signal was aborted. Back-offs are cut by up to a half at random, so that many clients spread out.
 */
export async function retry<T>(attempt: () => Promise<T>, judge: (ended: Attempted<T>) => Retry, options: RetryOptions): Promise<T> {
  const { doing, signal, attempts, firstPause } = options;
  try {
    for (let made = 1; ; made++) {
      const ended = await endOf(attempt);
      const wanted = judge(ended);
      if (wanted !== "no") signal.throwIfAborted();
      const again = made < attempts ? wanted : "no";
      if (again !== "no") await options.delay(again === "back-off" ? backOff(firstPause, made) : again.after, signal);
      else if ("error" in ended) throw ended.error;
      else return ended.value;
    }
  } catch (error) {
    const told = error instanceof FairleadError && error.code === "canceled";
    if (signal.aborted && !told) throw new FairleadError("canceled", `${doing}: stopped`, { cause: error });
    throw error;
  }
}

/**
 * Returns the milliseconds that a `Retry-After` header asks for, given as seconds or as a date; undefined where it asks for nothing.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(milliseconds) ? undefined : Math.max(milliseconds, 0);
}

async function endOf<T>(attempt: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { value: await attempt() };
  } catch (error) {
    return { error };
  }
}

function backOff(firstPause: number, made: number): number {
  return firstPause * 2 ** (made - 1) * (0.5 + Math.random() / 2);
}
