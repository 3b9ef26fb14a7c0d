import { createHash } from "node:crypto";
import { z } from "zod";
import { adapters, tokenDefault } from "../adapters.ts";
import { notifierResource } from "../core/credential.ts";
import { destinationExamples, formatDestination, type Destination } from "../core/notify/destination.ts";
import { severities, type Message } from "../core/notify/notifier.ts";
import { destination, keyValues, secrets, type FieldMeta } from "../core/run/input.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import type { Context } from "../core/run/step.ts";
import { notify as notifyStep, type Notified } from "../steps/notify.ts";

const { notifiers } = adapters;
const kinds = notifiers.map(({ name }) => name);

/** Where to post, as `KIND:PLACE`: for every pipeline that notifies. */
export const destinations = z.array(destination(notifiers)).meta({ placeholder: "KIND:PLACE" } satisfies FieldMeta);

/** The form of a destination, for the sentence of its field. */
export const destinationForm = `as KIND:PLACE such as ${destinationExamples(notifiers)}`;

/** The credentials of notifiers: for every pipeline that notifies. */
export const notifierCredentials = {
  credentials: secrets({ opens: (_, name) => ({ for: notifierResource(name), kind: "token" }), names: kinds })
    .default({})
    .describe("post with this token of a notifier, by the notifier's name")
    .meta({ byDefault: tokenDefault(notifiers), placeholder: "KIND=SECRET" } satisfies FieldMeta),
};

const input = z.object({
  message: z.string().min(1).describe("text to post").meta({ positional: 0, fromEvent: "text" }),
  to: destinations.min(1, "there is none").describe(`post to this destination, ${destinationForm}`),
  fields: keyValues()
    .default({})
    .describe("show this detail below the message")
    .meta({ placeholder: "NAME=VALUE", fromEvent: "text" } satisfies FieldMeta),
  severity: z.enum(severities).default("info").describe("show the message with this severity"),
  link: z
    .url({ protocol: /^https?$/, error: "it is no URL of a page" })
    .optional()
    .describe("link the message to this page")
    .meta({ kind: "string", placeholder: "PAGE", fromEvent: "text" } satisfies FieldMeta),
  key: z
    .string()
    .min(1)
    .optional()
    .describe("post nothing where a message with this key was posted before")
    .meta({ byDefault: "always post", placeholder: "TEXT", fromEvent: "text" } satisfies FieldMeta),
  ...notifierCredentials,
});

const unnamed = "id of the message in its channel; none before it is posted";

const output = z
  .object({
    channel: z.string().describe("channel of the first message"),
    id: z.string().nullable().describe(unnamed).meta({ output: "message" }),
    messages: z
      .array(
        z
          .object({
            destination: z.string().describe("destination, as it was given"),
            channel: z.string().describe("channel of the message"),
            id: z.string().nullable().describe(unnamed).meta({ output: "message" }),
          })
          .describe("Message that was posted"),
      )
      .describe("messages, in the order of the destinations"),
  })
  .describe("Messages that were posted");

/** Where the messages are: one for each destination, in their order. `channel` and `id` are those of the first. */
export type NotifyResult = ResultOf<typeof output>;

/** Posts a message to one or several destinations. */
export const notify = definePipeline({
  name: "notify",
  summary: "Post a message to one or several channels",
  examples: [
    `notify "1.4.3 is out" --to ${destinationExamples(notifiers)}`,
    'notify "1.4.3 is out" --to slack:C0123456789 --field commit=1a2b3c4 --key release-1.4.3',
  ],
  runs: "nothing",
  input,
  output,
  steps: [notifyStep],
  async run(ctx, { message: title, to, fields, severity, link, key }) {
    const message: Message = {
      key: identityOf(key ?? ctx.id),
      title,
      severity,
      fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
      link: link === undefined ? undefined : { name: "Open", url: link },
    };
    return resultOf(await ctx.all(distinct(to).map((each) => post(ctx, each, message, key !== undefined || ctx.resumed))));
  },
});

/** Returns what makes a message the same as another, of any length. */
export function identityOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Posts a message to one destination, unless it `mayExist` and does. */
export async function post(ctx: Context, to: Destination, message: Message, mayExist: boolean): Promise<Notified> {
  return (await ctx.run(notifyStep, { destination: to, message, mayExist })).result;
}

/** Returns the destinations, each once. */
export function distinct(to: readonly Destination[]): readonly Destination[] {
  return [...new Map(to.map((each) => [formatDestination(each), each])).values()];
}

/** Returns the result of posting these messages, of which there is at least one. */
export function resultOf(messages: readonly Notified[]): NotifyResult {
  const [first] = messages;
  return { channel: first?.channel ?? "", id: first?.id ?? null, messages };
}
