import { createHash } from "node:crypto";
import { z } from "zod";
import { keyValues, secret } from "../core/run/input.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { notify as notifyStep } from "../steps/notify.ts";

const input = z.object({
  message: z.string().min(1).describe("what to say").meta({ positional: 0, fromEvent: "text" }),
  fields: keyValues().default({}).describe("detail to show with it, as NAME=VALUE").meta({ fromEvent: "text" }),
  slackChannel: z.string().min(1).describe("Slack channel; by its ID, a message that is there already is not posted again"),
  slackToken: secret(() => ({ for: "slack", kind: "token" }))
    .optional()
    .describe("Slack bot token with chat:write, and channels:history to look back"),
  key: z.string().min(1).optional().describe("what makes two messages the same; without it, each is a new one").meta({ fromEvent: "text" }),
});

const output = z
  .object({
    channel: z.string().describe("channel of the message"),
    id: z
      .string()
      .nullable()
      .describe("what the message is called in its channel; before it is posted it has no name")
      .meta({ output: "message" }),
  })
  .describe("Where a message is");

/** Where the message is. */
export type NotifyResult = ResultOf<typeof output>;

/** Posts a message to Slack. */
export const notify = definePipeline({
  name: "notify",
  summary: "Post a message to a Slack channel",
  example: 'notify "1.4.3 is out" --slack-channel C0123456789 --slack-token env:SLACK_TOKEN',
  runs: "nothing",
  input,
  output,
  steps: [notifyStep],
  async run(ctx, { message, fields, slackChannel, key }) {
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
