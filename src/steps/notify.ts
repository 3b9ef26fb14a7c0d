import { formatMessage, type Message } from "../core/notify/notifier.ts";
import { unchanged, type Step } from "../core/run/step.ts";

/** What to tell, and to whom. */
export interface NotifyInput {
  readonly notifier: string;
  readonly channel: string;
  readonly message: Message;
}

/** Where the message is. In a dry run it is nowhere yet. */
export type Notified = { readonly channel: string; readonly id: string | null };

/** Posts a message once: one with the same key that is there already is enough. */
export const notify: Step<NotifyInput, Notified> = {
  name: "notify",
  needs: ["chat:write"],
  key: ({ notifier, channel, message }) => `${notifier} ${channel} ${message.key.slice(0, 12)}`,
  async plan(ctx, { notifier: name, channel, message }) {
    const notifier = ctx.notifier(name);
    const found = await notifier.find(channel, message);
    if (typeof found === "object" && "posted" in found) return unchanged({ channel: found.posted.channel, id: found.posted.id });
    return {
      changes: [{ target: `${name} ${channel}`, action: "run", to: formatMessage(message) }],
      warnings: found === "none" ? [] : [`${name} ${channel}: cannot tell whether this was posted before: ${found.unknown}`],
      expected: { channel, id: null },
      async apply() {
        const posted = await notifier.post(channel, message);
        return { channel: posted.channel, id: posted.id };
      },
    };
  },
};
