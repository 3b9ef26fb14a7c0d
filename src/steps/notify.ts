import { formatDestination, type Destination } from "../core/notify/destination.ts";
import { formatMessage, type Message } from "../core/notify/notifier.ts";
import type { Claimed } from "../core/run/journal.ts";
import { unchanged, type Context, type Step, type Wait } from "../core/run/step.ts";

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
  async plan(ctx, input) {
    const {
      destination: { notifier: kind, place },
      message,
      mayExist,
    } = input;
    const destination = formatDestination({ notifier: kind, place });
    const expected = { destination, channel: place, id: null };
    const claimed: Claimed = mayExist ? await ctx.claim(notify.name, notify.key(input)) : { state: "ours", since: null };
    if (claimed.state === "done") return unchanged(claimed.result as Notified);
    if (claimed.state === "held") return { ...unchanged(expected), wait: waitFor(ctx, claimed.by) };
    const notifier = ctx.notifier(kind);
    // A dry run looks all the same: it shows that the place can be reached.
    const found = mayExist || ctx.dryRun ? await notifier.find(place, message, earliest(ctx, claimed.since)) : "none";
    if (typeof found === "object" && "posted" in found) return unchanged({ destination, ...found.posted });
    return {
      changes: [{ target: destination, action: "run", to: formatMessage(message) }],
      warnings: found === "none" ? [] : [`${destination}: cannot tell whether this was posted before: ${found.unknown}`],
      expected,
      apply: async () => ({ destination, ...(await notifier.post(place, message)) }),
    };
  },
};

/** Milliseconds from a run's beginning in which another run of the same key may still end. */
const patience = 30 * 60_000;

function waitFor(ctx: Context, run: string): Wait {
  const until = new Date(ctx.began.getTime() + patience);
  return { for: `run ${run}, which has the same key`, seen: "it has not posted yet", until };
}

/** Returns when a message of this run, or of one of its key, may have been posted first; undefined where nobody knows of any. */
function earliest({ resumed, began }: Context, since: number | null): Date | undefined {
  const times = [...(resumed ? [began.getTime()] : []), ...(since === null ? [] : [since])];
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}
