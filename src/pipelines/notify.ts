import { createHash } from "node:crypto";
import { z } from "zod";
import { keyValues, secret } from "../core/run/input.ts";
import { definePipeline } from "../core/run/pipeline.ts";
import { notify as notifyStep, type Notified } from "../steps/notify.ts";

const input = z.object({
  message: z.string().min(1).describe("what to say").meta({ positional: 0, fromEvent: "text" }),
  fields: keyValues().default({}).describe("detail to show with it, as NAME=VALUE").meta({ fromEvent: "text" }),
  slackChannel: z.string().min(1).describe("Slack channel; by its ID, a message that is there already is not posted again"),
  slackToken: secret(() => ({ for: "slack", kind: "token" }))
    .optional()
    .describe("Slack bot token with chat:write, and channels:history to look back"),
  key: z.string().min(1).optional().describe("what makes two messages the same; without it, each is a new one").meta({ fromEvent: "text" }),
});

/** Where the message is. */
export type NotifyResult = Notified;

/** Posts a message to Slack. */
export const notify = definePipeline({
  name: "notify",
  summary: "Post a message to a Slack channel",
  input,
  steps: [notifyStep],
  async run(ctx, { message, fields, slackChannel, key }): Promise<NotifyResult> {
    const named = Object.entries(fields).map(([name, value]) => ({ name, value }));
    const identity = createHash("sha256")
      .update(key ?? ctx.id)
      .digest("hex");
    const { result } = await ctx.run(notifyStep, {
      notifier: "slack",
      channel: slackChannel,
      message: { key: identity, title: message, fields: named },
    });
    return result;
  },
});
