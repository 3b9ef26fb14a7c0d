/** The methods of Slack's Web API that we use. https://docs.slack.dev/reference/methods */
import { checkBlocks } from "./blocks.ts";

/** A token: its bot's name, and its scopes. */
export interface SlackToken {
  readonly scopes: readonly string[];
  /** `fairlead`. */
  readonly bot?: string | undefined;
}

export interface SlackChannel {
  /** `C…`, which every answer uses. A name (`#deploys` or `deploys`) works only for posting. */
  readonly id: string;
  readonly name: string;
  /** True if the bot has been invited, which is the default. */
  readonly member?: boolean | undefined;
}

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly bot: string;
  text: string;
  blocks: readonly unknown[];
  metadata?: { readonly event_type: string; readonly event_payload: Readonly<Record<string, unknown>> } | undefined;
  readonly threadTs?: string | undefined;
  edited: boolean;
}

export type Arguments = Readonly<Record<string, unknown>>;
export type Result = Readonly<Record<string, unknown>> & { readonly ok: boolean };

export interface MethodCall {
  readonly token: SlackToken;
  readonly channels: readonly SlackChannel[];
  readonly messages: SlackMessage[];
  readonly args: Arguments;
  nextTs(): string;
}

export interface Method {
  readonly scope: string | undefined;
  run(call: MethodCall): Result;
}

const fail = (error: string, more: object = {}): Result => ({ ok: false, error, ...more });
const isResult = (value: object): value is Result => "ok" in value;
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/**
 * Slack truncates a text after 40,000 characters: https://docs.slack.dev/reference/methods/chat.postMessage#truncating
 */
const longest = 40_000;

function findChannel({ channels, args }: MethodCall, byName: boolean): SlackChannel | Result {
  const wanted = text(args.channel);
  const found = channels.find(({ id, name }) => id === wanted || (byName && name === wanted.replace(/^#/, "")));
  return found ?? fail("channel_not_found");
}

/** Form-encoded bodies hold JSON as text, JSON bodies may hold it as it is. */
function readJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

interface Content {
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly metadata?: SlackMessage["metadata"];
}

/** Text, blocks and metadata as chat.postMessage and chat.update take them. */
function readContent({ args }: MethodCall): Content | Result {
  const blocks = args.blocks === undefined ? [] : readJson(args.blocks);
  if (!Array.isArray(blocks)) return fail("invalid_blocks_format");
  const problems = checkBlocks(blocks);
  if (problems.length > 0) return fail("invalid_blocks", { errors: problems, response_metadata: { messages: problems } });
  const body = text(args.text);
  if (body === "" && blocks.length === 0 && args.attachments === undefined) return fail("no_text");
  if (body.length > longest) return fail("msg_too_long");
  if (args.metadata === undefined) return { text: body, blocks };
  const metadata = readMetadata(args.metadata);
  return metadata ? { text: body, blocks, metadata } : fail("invalid_metadata_format");
}

/** https://docs.slack.dev/messaging/message-metadata */
function readMetadata(value: unknown): SlackMessage["metadata"] {
  const { event_type: type, event_payload: payload } = (readJson(value) ?? {}) as {
    readonly event_type?: unknown;
    readonly event_payload?: unknown;
  };
  if (typeof type !== "string" || typeof payload !== "object" || payload === null) return undefined;
  return { event_type: type, event_payload: payload as Readonly<Record<string, unknown>> };
}

function viewMessage(message: SlackMessage, withMetadata: boolean): object {
  return {
    type: "message",
    subtype: "bot_message",
    username: message.bot,
    bot_id: "B0000000001",
    ts: message.ts,
    text: message.text,
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.threadTs && { thread_ts: message.threadTs }),
    ...(message.edited && { edited: { user: "U0000000001", ts: message.ts } }),
    ...(withMetadata && message.metadata && { metadata: message.metadata }),
  };
}

function postMessage(call: MethodCall): Result {
  const channel = findChannel(call, true);
  if (isResult(channel)) return channel;
  if (channel.member === false && !call.token.scopes.includes("chat:write.public")) return fail("not_in_channel");
  const content = readContent(call);
  if (isResult(content)) return content;
  const threadTs = text(call.args.thread_ts);
  const bot = call.token.bot ?? "fairlead";
  const message: SlackMessage = { channel: channel.id, ts: call.nextTs(), bot, edited: false, ...content, ...(threadTs && { threadTs }) };
  call.messages.push(message);
  return { ok: true, channel: channel.id, ts: message.ts, message: viewMessage(message, true) };
}

/** Accepts only the ID of a channel, unlike chat.postMessage. */
function update(call: MethodCall): Result {
  const channel = findChannel(call, false);
  if (isResult(channel)) return channel;
  const message = call.messages.find(({ ts, channel: id }) => ts === call.args.ts && id === channel.id);
  if (!message) return fail("message_not_found");
  if (message.bot !== (call.token.bot ?? "fairlead")) return fail("cant_update_message");
  const content = readContent(call);
  if (isResult(content)) return content;
  Object.assign(message, content, { edited: true });
  return { ok: true, channel: channel.id, ts: message.ts, text: message.text, message: viewMessage(message, true) };
}

/** Newest first, without the answers in threads. https://docs.slack.dev/reference/methods/conversations.history */
function history(call: MethodCall): Result {
  const channel = findChannel(call, false);
  if (isResult(channel)) return channel;
  if (channel.member === false) return fail("not_in_channel");
  const { args } = call;
  const limit = Math.min(Number(args.limit ?? 100), 999);
  if (!(limit >= 1)) return fail("invalid_limit");
  const cursor = text(args.cursor);
  const start =
    cursor === ""
      ? 0
      : Number(
          Buffer.from(cursor, "base64")
            .toString()
            .replace(/^next_ts:/, ""),
        );
  if (!Number.isInteger(start)) return fail("invalid_cursor");
  const found = call.messages.filter((message) => message.channel === channel.id && !message.threadTs && within(message, args)).reverse();
  const more = start + limit < found.length;
  const next = more ? Buffer.from(`next_ts:${start + limit}`).toString("base64") : "";
  const withMetadata = ["true", "1"].includes(String(args.include_all_metadata));
  const messages = found.slice(start, start + limit).map((message) => viewMessage(message, withMetadata));
  return { ok: true, messages, has_more: more, pin_count: 0, response_metadata: { next_cursor: next } };
}

function within({ ts }: SlackMessage, { oldest = "0", latest = "9999999999", inclusive = false }: Arguments): boolean {
  const [at, from, to] = [Number(ts), Number(oldest), Number(latest)];
  return (at > from && at < to) || (["true", "1"].includes(String(inclusive)) && (at === from || at === to));
}

function test({ token }: MethodCall): Result {
  const bot = token.bot ?? "fairlead";
  return {
    ok: true,
    url: "https://acme.slack.com/",
    team: "Acme",
    user: bot,
    team_id: "T0000000001",
    user_id: "U0000000001",
    bot_id: "B0000000001",
    is_enterprise_install: false,
  };
}

export const methods: Readonly<Record<string, Method>> = {
  "auth.test": { scope: undefined, run: test },
  "chat.postMessage": { scope: "chat:write", run: postMessage },
  "chat.update": { scope: "chat:write", run: update },
  "conversations.history": { scope: "channels:history", run: history },
};
