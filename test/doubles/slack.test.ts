import { type ConversationsHistoryResponse, ErrorCode, LogLevel, WebClient } from "@slack/web-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Slack, startSlack } from "./slack.ts";

const general = "C0000000001";
let slack: Slack;
beforeEach(async () => {
  slack = await startSlack({
    tokens: {
      good: { scopes: ["chat:write", "channels:history"] },
      silent: { scopes: ["channels:history"] },
      other: { scopes: ["chat:write"], bot: "other" },
    },
    channels: [
      { id: general, name: "general" },
      { id: "C0000000002", name: "closed", member: false },
    ],
  });
});
afterEach(() => slack.stop());

const quiet = (): void => undefined;

const connect = (token?: string): WebClient =>
  new WebClient(token, {
    slackApiUrl: slack.url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet, setLevel: quiet, getLevel: () => LogLevel.ERROR, setName: quiet },
  });

/** Returns the error of the SDK: its code, and Slack's error if there is one. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { code, data, retryAfter, statusCode } = error as {
    readonly code: string;
    readonly data?: { readonly error: string };
    readonly retryAfter?: number;
    readonly statusCode?: number;
  };
  return data?.error ?? { code, ...(retryAfter !== undefined && { retryAfter }), ...(statusCode !== undefined && { statusCode }) };
}

const section = (text: string): { type: "section"; text: { type: "mrkdwn"; text: string } } => ({
  type: "section",
  text: { type: "mrkdwn", text },
});
const header = (text: string): { type: "header"; text: { type: "plain_text"; text: string } } => ({
  type: "header",
  text: { type: "plain_text", text },
});

test("a message with blocks and metadata is posted, found and updated", async () => {
  const client = connect("good");
  const metadata = { event_type: "fairlead_run", event_payload: { id: "1" } };
  const posted = await client.chat.postMessage({
    channel: "#general",
    text: "one",
    blocks: [header("H"), section("S"), { type: "divider" }],
    metadata,
  });
  expect(posted).toMatchObject({ ok: true, channel: general, message: { text: "one" } });
  expect(posted.response_metadata?.scopes).toEqual(["chat:write", "channels:history"]);
  await client.chat.update({ channel: general, ts: posted.ts ?? "", text: "two" });
  const { messages } = await client.conversations.history({ channel: general, include_all_metadata: true, oldest: "1" });
  expect(messages).toMatchObject([{ text: "two", ts: posted.ts, metadata }]);
  expect((await client.conversations.history({ channel: general })).messages?.[0]).not.toHaveProperty("metadata");
  expect(slack.messages).toEqual([{ channel: general, ts: posted.ts, bot: "fairlead", text: "two", blocks: [], metadata, edited: true }]);
});

test("history is paged from the newest to the oldest, without threads", async () => {
  const client = connect("good");
  const posted = [];
  for (const text of ["1", "2", "3", "4", "5"]) posted.push(await client.chat.postMessage({ channel: general, text }));
  await client.chat.postMessage({ channel: general, text: "in a thread", thread_ts: posted[0]?.ts ?? "" });
  const read = async (options: object): Promise<(string | undefined)[]> => {
    const found: (string | undefined)[] = [];
    for await (const page of client.paginate("conversations.history", { channel: general, limit: 2, ...options }))
      found.push(...((page as ConversationsHistoryResponse).messages ?? []).map(({ text }) => text));
    return found;
  };
  expect(await read({})).toEqual(["5", "4", "3", "2", "1"]);
  expect(await read({ oldest: posted[2]?.ts })).toEqual(["5", "4"]);
  expect(await read({ oldest: posted[2]?.ts, inclusive: true })).toEqual(["5", "4", "3"]);
});

test.for<[string, () => Promise<unknown>]>([
  ["not_authed", () => connect().chat.postMessage({ channel: general, text: "x" })],
  ["invalid_auth", () => connect("wrong").auth.test()],
  ["missing_scope", () => connect("silent").chat.postMessage({ channel: general, text: "x" })],
  ["channel_not_found", () => connect("good").chat.postMessage({ channel: "none", text: "x" })],
  ["not_in_channel", () => connect("good").chat.postMessage({ channel: "closed", text: "x" })],
  ["not_in_channel", () => connect("good").conversations.history({ channel: "C0000000002" })],
  ["no_text", () => connect("good").chat.postMessage({ channel: general, text: "" })],
  ["msg_too_long", () => connect("good").chat.postMessage({ channel: general, text: "x".repeat(40_001) })],
  ["invalid_blocks", () => connect("good").chat.postMessage({ channel: general, text: "x", blocks: [section("x".repeat(3001))] })],
  ["invalid_blocks", () => connect("good").chat.postMessage({ channel: general, text: "x", blocks: [header("x".repeat(151))] })],
  [
    "invalid_blocks",
    () => connect("good").chat.postMessage({ channel: general, text: "x", blocks: Array.from({ length: 51 }, () => section("x")) }),
  ],
  ["invalid_blocks", () => connect("good").chat.postMessage({ channel: general, text: "x", blocks: [{ type: "heading" }] })],
  ["channel_not_found", () => connect("good").chat.update({ channel: "#general", ts: "1.0", text: "x" })],
  ["message_not_found", () => connect("good").chat.update({ channel: general, ts: "1.0", text: "x" })],
  ["unknown_method", () => connect("good").apiCall("chat.shout")],
])("the Slack double answers %s", async ([error, call]) => {
  expect(await refusal(call())).toBe(error);
  expect(slack.messages).toEqual([]);
});

test("a message of another bot cannot be updated", async () => {
  const { ts } = await connect("other").chat.postMessage({ channel: general, text: "x" });
  expect(await refusal(connect("good").chat.update({ channel: general, ts: ts ?? "", text: "y" }))).toBe("cant_update_message");
});

test("a missing scope and a wrong block are named in the error", async () => {
  const post = (token: string, body: object): Promise<unknown> =>
    fetch(`${slack.url}chat.postMessage`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((answer) => answer.json());
  expect(await post("silent", {})).toEqual({ ok: false, error: "missing_scope", needed: "chat:write", provided: "channels:history" });
  const errors = ["[ERROR] unsupported type: heading [json-pointer:/blocks/1]"];
  expect(await post("good", { channel: general, blocks: [section("x"), { type: "heading" }] })).toEqual({
    ok: false,
    error: "invalid_blocks",
    errors,
    response_metadata: { messages: errors },
  });
  expect(await post("good", { channel: general, text: "as JSON", blocks: [section("x")] })).toMatchObject({ ok: true });
});

test("the Slack double can fail with an error, 429, 500 or a lost answer", async () => {
  const client = connect("good");
  const post = (): Promise<unknown> => client.chat.postMessage({ channel: general, text: "x" });
  slack.fail({ error: "fatal_error" });
  expect(await refusal(post())).toBe("fatal_error");
  slack.fail({ status: 429, headers: { "retry-after": "7" } });
  expect(await refusal(post())).toEqual({ code: ErrorCode.RateLimitedError, retryAfter: 7 });
  slack.fail({ method: "chat.update", status: 500 });
  await post();
  slack.fail({ status: 500, afterwards: true, method: "chat.postMessage" });
  expect(await refusal(post())).toEqual({ code: ErrorCode.HTTPError, statusCode: 500 });
  expect(slack.messages).toHaveLength(2);
  expect(slack.requests.map(({ status, ok }) => `${status} ${ok}`)).toEqual(["200 false", "429 false", "200 true", "500 false"]);
});
