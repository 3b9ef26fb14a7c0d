import type { Logger, WebClient } from "#sdk/@slack/web-api";
import type { AdapterOptions } from "../core/adapter.ts";
import { findCredential } from "../core/credential.ts";
import { FairleadError } from "../core/errors.ts";
import { retry, type Retry } from "../core/retry.ts";
import type { Message, Found, Notifier } from "../core/notify/notifier.ts";
import { toBlocks, toText } from "./slack/blocks.ts";
import { errorCode, retryAfter, slackFailure } from "./slack/failure.ts";

/** How often a call that Slack puts off is made, and the longest time it is waited for, in seconds. Slack always says how long. */
const persistence = { attempts: 3, firstPause: 1_000 };
const longestPause = 30;
/** In milliseconds. */
const callTimeout = 30_000;

/** The metadata by which a message is found again. https://docs.slack.dev/messaging/message-metadata */
const eventType = "fairlead_message";

/** Returns Slack, by its Web API and a bot token. */
export function slack(options: AdapterOptions): Notifier {
  return {
    name: "slack",
    async find(channel, message) {
      if (!channelId.test(channel)) return { unknown: "only a channel's ID, such as C0123456789, can be looked back in" };
      const client = await connect(options);
      return await lookBack(client, channel, message, options);
    },
    async post(channel, message) {
      const client = await connect(options);
      const posted = await call(
        `post to Slack channel ${channel}`,
        () =>
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
  };
}

/** A channel, a private channel or a direct message. https://docs.slack.dev/reference/objects/conversation-object */
const channelId = /^[CGD][A-Z0-9]{8,}$/;

/** Looks at the newest 100 messages: a run that is repeated is repeated soon. */
async function lookBack(client: WebClient, channel: string, { key }: Message, options: AdapterOptions): Promise<Found> {
  try {
    const { messages = [] } = await call(
      `read Slack channel ${channel}`,
      () => client.conversations.history({ channel, limit: 100, include_all_metadata: true }),
      options,
    );
    const equal = messages.find(({ metadata }) => {
      const { key: its } = (metadata?.event_payload ?? {}) as { key?: unknown };
      return metadata?.event_type === eventType && its === key;
    });
    return equal?.ts === undefined ? "none" : { posted: { channel, id: equal.ts } };
  } catch (error) {
    const said = error instanceof FairleadError ? errorCode(error.cause) : undefined;
    if (said === "missing_scope") return { unknown: "the token lacks the scope that reads the channel, such as channels:history" };
    if (said === "not_in_channel") return { unknown: "the app is not in the channel" };
    throw error;
  }
}

async function connect({ credentials, servers }: AdapterOptions): Promise<WebClient> {
  const token = findCredential(credentials, "slack", "token");
  if (token === undefined) {
    throw new FairleadError("unauthenticated", "use Slack: there is no token", { hint: "name it with --slack-token env:SLACK_BOT_TOKEN" });
  }
  const { WebClient } = await import("#sdk/@slack/web-api");
  return new WebClient(await token.secret.reveal(), {
    logger: silent,
    // A message whose answer was lost may be there: it is not for the SDK to send it again.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: callTimeout,
    ...(servers.slackApi === undefined ? {} : { slackApiUrl: servers.slackApi }),
  });
}

/** Makes a call, and again when Slack puts it off: such a call has done nothing. */
async function call<T>(doing: string, make: () => Promise<T>, { signal, delay }: AdapterOptions): Promise<T> {
  const judge = (ended: object): Retry => {
    const pause = "error" in ended ? retryAfter(ended.error) : undefined;
    return pause === undefined || pause > longestPause ? "no" : { after: pause * 1_000 };
  };
  return await retry(make, judge, { doing, signal, delay, ...persistence }).catch((error: unknown) => {
    throw slackFailure(doing, error);
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
