import type { Session } from "../../src/cmd/command.ts";
import type { AppSession } from "../app/world.ts";

/** Returns what a command on Apps is given of its call. */
export function appSession({ redactor, signal, report }: Session): AppSession {
  return {
    ...{ redactor, signal },
    notice: (message) => report({ type: "notice", message }),
    warn: (message) => report({ type: "warning", message }),
  };
}
