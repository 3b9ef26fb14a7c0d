import type { Credentials } from "./credentials.ts";
import type { RefusedStatus, Token, TokenAsk } from "./token.ts";
import { retry, type Attempted, type Retry, type RetryOptions } from "./retry.ts";

/** The most attempts with a token and the one that replaces it: each may have to be waited for. */
const attempts = 20;

/** The options of an attempt that needs a token. */
export interface TokenUse extends TokenAsk, Pick<RetryOptions, "doing" | "delay"> {
  /** Returns the status by which the server refused the token; undefined for every other end of an attempt. */
  readonly refusedBy: (ended: Attempted<unknown>) => RefusedStatus | undefined;
}

/** Returns a status of HTTP if it is one that refuses a token. */
export function refusedStatus(status: number | undefined): RefusedStatus | undefined {
  return status === 401 || status === 403 || status === 404 ? status : undefined;
}

/** Calls `use` with a token, and again, with the next one or the same, as long as it is refused and another attempt can help. */
export async function withToken<T>(credentials: Credentials, options: TokenUse, use: (token: Token | undefined) => Promise<T>): Promise<T> {
  let token: Token | undefined;
  const used = new Set<Token>();
  const judge = (ended: Attempted<T>): Retry => {
    const status = options.refusedBy(ended);
    if (token === undefined) return "no";
    if (status !== undefined) {
      const again = credentials.refused(token, status);
      const isReplaced = typeof again === "object" && again.after === 0;
      return isReplaced && used.size > 1 ? "no" : again;
    }
    if (!("error" in ended)) credentials.accepted?.(token);
    return "no";
  };
  const attempt = async (): Promise<T> => {
    token = await credentials.token(options);
    if (token !== undefined) used.add(token);
    return await use(token);
  };
  return await retry(attempt, judge, { ...options, attempts, firstPause: 0 });
}
