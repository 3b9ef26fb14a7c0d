import { asFairleadError, consequences } from "../../src/core/errors.ts";
import { formatSpan } from "../../src/core/quantity.ts";
import { redactAll, type Redactor } from "../../src/core/secret.ts";
import type { Claim, Ending } from "../store.ts";
import type { ProcessEnding } from "./spawn-run.ts";
import type { StopReason } from "./watch.ts";

/** Returns the ending that is stored of an attempt whose process has ended, or that was stopped for this reason. */
export function endingOf(ended: ProcessEnding, reason: StopReason | undefined, claim: Claim): Ending {
  // what was done before it heard that it should stop is done
  if (ended.state !== "stopped" && ended.state !== "died" && ended.state !== "no-engine") return ended;
  switch (reason) {
    case "canceled":
      return { state: "canceled" };
    case "given-back":
      return { state: "queued", reason: "its worker was stopped" };
    case "too-late":
      return again(`run ${claim.pipeline}: it took longer than ${formatSpan(claim.timeoutMilliseconds)}`, "give its route more time");
    case "stalled":
      return again(`run ${claim.pipeline}: it hangs, and was ended`, "look whether the engine answers");
    case "lost":
    case undefined:
      return ended.state === "no-engine"
        ? { state: "queued", reason: ended.reason }
        : again(`run ${claim.pipeline}: its process ended (${ended.state === "died" ? ended.how : "it was stopped"})`, "see its log");
  }
}

/** Returns the ending of an attempt that failed. No secret is in it. */
export function failedEnding(error: unknown, redactor: Redactor): Ending {
  const { code, message, hint } = asFairleadError(error);
  return { state: "failed", error: redactAll(redactor, { code, message, hint }), retry: consequences[code].retry };
}

function again(message: string, hint: string): Ending {
  return { state: "failed", error: { code: "unavailable", message, hint }, retry: consequences.unavailable.retry };
}
