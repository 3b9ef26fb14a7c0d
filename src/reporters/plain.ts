// A server may refuse a text, for a reason that nobody knew of. What has become of a run is told all the same, so that nothing stays pending.
import { FairleadError, type ErrorCode } from "../core/errors.ts";

/** What a server's refusal of a request's content is. */
const refusals: readonly ErrorCode[] = ["input", "conflict"];

/** Writes with a text; where the server refuses it, once more with a plain one. Returns what the one that was taken returns. */
export async function orPlain<T>(write: () => Promise<T>, writePlain: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof FairleadError && refusals.includes(error.code)) return await writePlain();
    throw error;
  }
}
