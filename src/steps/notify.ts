import { formatDestination, type Destination } from "../core/notify/destination.ts";
import { formatMessage, type Message } from "../core/notify/notifier.ts";
import { unchanged, type Step } from "../core/run/step.ts";

/** The message, and its destination. */
export interface NotifyInput {
  readonly destination: Destination;
  readonly message: Message;
  /** True if an equal message may be there already; false if only this run could have posted it, and has not begun before. */
  readonly mayExist: boolean;
}

/** Where the message is. In a dry run it is nowhere yet. */
export type Notified = { readonly destination: string; readonly channel: string; readonly id: string | null };

/** Posts a message once: one with the same key that is there already is enough. */
export const notify: Step<NotifyInput, Notified> = {
  name: "notify",
  needs: ["notify"],
  key: ({ destination, message }) => `${formatDestination(destination)} ${message.key.slice(0, 12)}`,
  async plan(ctx, { destination: { notifier: kind, place }, message, mayExist }) {
    const destination = formatDestination({ notifier: kind, place });
    const notifier = ctx.notifier(kind);
    // A dry run looks all the same: it shows that the place can be reached.
    const found = mayExist || ctx.dryRun ? await notifier.find(place, message) : "none";
    if (typeof found === "object" && "posted" in found) return unchanged({ destination, ...found.posted });
    return {
      changes: [{ target: destination, action: "run", to: formatMessage(message) }],
      warnings: found === "none" ? [] : [`${destination}: cannot tell whether this was posted before: ${found.unknown}`],
      expected: { destination, channel: place, id: null },
      apply: async () => ({ destination, ...(await notifier.post(place, message)) }),
    };
  },
};
