/** Waits for all to end, even if one fails. The first failure aborts `failed` with its error, and is thrown. */
export async function settleOrAbort(failed: AbortController, running: readonly Promise<unknown>[]): Promise<void> {
  for (const each of running) each.catch((error: unknown) => failed.abort(error));
  const settled = await Promise.allSettled(running);
  const first = settled.find((each) => each.status === "rejected");
  if (first !== undefined) throw first.reason;
}
