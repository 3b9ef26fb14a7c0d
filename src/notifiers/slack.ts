import { z } from "zod";
import type { Logger, WebClient } from "#sdk/@slack/web-api";
import type { AdapterOptions } from "../core/adapter.ts";
import { notifierResource } from "../core/credential.ts";
import type { Token, TokenIdentity } from "../core/token.ts";
import { withToken } from "../core/token-use.ts";
import { FairleadError } from "../core/errors.ts";
import { retry, type Retry } from "../core/retry.ts";
import { serverUrl, type Allowed } from "../core/server-url.ts";
import type { Found, Message, Notifier, NotifierKind } from "../core/notify/notifier.ts";
import { toBlocks, toText } from "./slack/blocks.ts";
import { readChannel } from "./slack/channel.ts";
import { eventType, findByKey, page, type Page } from "./slack/history.ts";
import { errorCode, isRateLimited, retryAfter, slackFailure, tokenRefusal } from "./slack/failure.ts";

/** The attempts of a rate-limited call, and the longest pause in seconds. Slack always says how long to wait. */
const persistence = { attempts: 3, firstPause: 1_000 };
const longestPause = 30;
/** In milliseconds. */
const callTimeout = 30_000;

const settings = z
  .strictObject({
    api: serverUrl("https://slack.com/api/").optional().describe("URL of Slack's methods (default: https://slack.com/api/)"),
  })
  .describe("Slack");

/** Slack, by its Web API and a bot token. */
export const slack: NotifierKind<typeof settings> = {
  name: "slack",
  settings,
  environment: { token: "SLACK_BOT_TOKEN", settings: { api: "SLACK_API_URL" } },
  formerFields: [
    ["slackApi", "slack: { api: … }"],
    ["slackChannel", "to: [slack:…]"],
    ["slackChannel", "notify: [slack:…]"],
    ["slackToken", "credentials: { slack: … }"],
  ],
  // The second scope is for channels, the others are for private channels and direct messages: https://docs.slack.dev/reference/methods/conversations.history
  permissions: { notify: ["chat:write", "channels:history", "groups:history", "im:history"] },
  destination: { example: "C0123456789", read: readChannel },
  create: openSlack,
};

type SlackOptions = AdapterOptions<Allowed<z.output<typeof settings>>>;

function openSlack(options: SlackOptions): Notifier {
  return {
    find: (channel, message, since) => lookBack(channel, message, since, options),
    async post(channel, message) {
      const posted = await call(
        `post to Slack channel ${channel}`,
        (client) =>
          client.chat.postMessage({
            channel,
            text: toText(message),
            blocks: toBlocks(message),
            metadata: { event_type: eventType, event_payload: { key: message.key } },
            unfurl_links: false,
            unfurl_media: false,
          }),
        options,
      );
      return { channel: posted.channel ?? channel, id: posted.ts ?? "" };
    },
    identity: () => readIdentity(options),
  };
}

/** https://docs.slack.dev/reference/methods/auth.test */
async function readIdentity(options: SlackOptions): Promise<TokenIdentity | undefined> {
  const token = await options.credentials.token({ resource: notifierResource(slack.name), permissions: [], signal: options.signal });
  if (token === undefined) return undefined;
  const {
    user = "",
    team = "",
    response_metadata: more,
  } = await call("ask Slack who the token is", (client) => client.auth.test(), options);
  return { login: `${user} in ${team}`, scopes: more?.scopes, by: token.by, token: token.value.name };
}

async function lookBack(channel: string, message: Message, since: Date | undefined, options: SlackOptions): Promise<Found> {
  try {
    return await findByKey(channel, message, since, (cursor) => readPage(channel, cursor, options));
  } catch (error) {
    const said = error instanceof FairleadError ? errorCode(error.cause) : undefined;
    if (said === "missing_scope") return { unknown: "the token lacks the scope that reads the channel, such as channels:history" };
    if (said === "not_in_channel") return { unknown: "the app is not in the channel" };
    // Slack limits apps in reading a channel, some to once a minute, and not in posting: https://docs.slack.dev/apis/web-api/rate-limits
    if (error instanceof FairleadError && isRateLimited(error.cause)) return { unknown: "Slack limits how often the channel is read" };
    throw error;
  }
}

async function readPage(channel: string, cursor: string | undefined, options: SlackOptions): Promise<Page> {
  const asked = { channel, limit: page, include_all_metadata: true, ...(cursor !== undefined && { cursor }) };
  const doing = `read Slack channel ${channel}`;
  const { messages = [], response_metadata: more } = await call(doing, (client) => client.conversations.history(asked), options);
  return { messages: messages, next: more?.next_cursor ?? "" };
}

async function connect(token: Token | undefined, { settings }: SlackOptions): Promise<WebClient> {
  if (token === undefined) {
    throw new FairleadError("unauthenticated", "use Slack: there is no token", {
      wanted: { kind: "token", for: notifierResource(slack.name) },
    });
  }
  const { WebClient } = await import("#sdk/@slack/web-api");
  return new WebClient(await token.value.reveal(), {
    logger: silent,
    // A message whose answer was lost may be there: it is not for the SDK to send it again.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: callTimeout,
    ...(settings?.api === undefined ? {} : { slackApiUrl: settings.api }),
  });
}

/** Makes a call, and again when Slack puts it off: such a call has done nothing. */
async function call<T>(doing: string, make: (client: WebClient) => Promise<T>, options: SlackOptions): Promise<T> {
  const { signal, delay } = options;
  const judge = (ended: object): Retry => {
    const pause = "error" in ended ? retryAfter(ended.error) : undefined;
    return pause === undefined || pause > longestPause ? "no" : { after: pause * 1_000 };
  };
  const use = async (token: Token | undefined): Promise<T> => {
    const client = await connect(token, options);
    return await retry(() => make(client), judge, { doing, signal, delay, ...persistence });
  };
  const ask = { resource: notifierResource(slack.name), permissions: ["notify"], signal, doing, delay, refusedBy: tokenRefusal } as const;
  return await withToken(options.credentials, ask, use).catch((error: unknown) => {
    throw slackFailure(doing, error, options.settings?.api);
  });
}

const ignore = (): void => undefined;
const silent = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  setLevel: ignore,
  setName: ignore,
  getLevel: () => "error",
} as Logger;
