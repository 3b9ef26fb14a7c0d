/** A double of Slack's Web API. It answers 200 with `ok: false` as Slack does. https://docs.slack.dev/apis/web-api */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createFolder, createRunning, listen, type Place, readBody, recall, remember, type Running } from "./server.ts";
import {
  type Arguments,
  type Method,
  methods,
  type Result,
  type SlackChannel,
  type SlackMessage,
  type SlackToken,
} from "./slack/methods.ts";

export type { SlackChannel, SlackMessage, SlackToken } from "./slack/methods.ts";

export interface SlackOptions extends Place {
  readonly tokens: Readonly<Record<string, SlackToken>>;
  readonly channels: readonly SlackChannel[];
}

/** A failure that a test asks for: an error of Slack's (in a 200), or a status. A 429 must say when to retry. */
export interface SlackFault {
  readonly method?: string | undefined;
  readonly error?: string | undefined;
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Performs the call, and loses the answer, as a network does. */
  readonly afterwards?: boolean | undefined;
  /** Once by default. */
  readonly times?: number | undefined;
}

export interface Slack extends Running {
  /** The messages of all channels, oldest first. An update changes its message. */
  readonly messages: readonly Readonly<SlackMessage>[];
  readonly requests: readonly { readonly method: string; readonly ok: boolean; readonly status: number; readonly error?: string }[];
  fail(fault: SlackFault): void;
}

/** Starts a workspace. Pass its `url` as `slackApiUrl`. */
export async function startSlack({ tokens, channels, ...place }: SlackOptions): Promise<Slack> {
  await using stack = new AsyncDisposableStack();
  await createFolder(stack, "slack", place);
  const messages = await recall<SlackMessage[]>(place, []);
  const requests: Slack["requests"][number][] = [];
  const faults: { readonly fault: SlackFault; left: number }[] = [];
  let last = Math.floor(Date.now() / 1000) * 1_000_000;
  const nextTs = (): string => ((last += 1) / 1_000_000).toFixed(6); // two messages never have the same
  const call = (request: IncomingMessage, method: string, args: Arguments): Reply => {
    const fault = faults.find((one) => one.left > 0 && (one.fault.method ?? method) === method);
    if (fault) fault.left -= 1;
    if (fault && fault.fault.afterwards !== true) return breakDown(fault.fault);
    const reply = answer(methods[method], tokens, readToken(request, args), (token) => ({ token, channels, messages, args, nextTs }));
    return fault ? breakDown(fault.fault) : reply;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = (request.url ?? "").replace(/^\/api\//, "").split("?")[0] ?? "";
    const { status, headers, result } = call(request, method, parse(request, await readBody(request)));
    await remember(place, messages);
    requests.push({ method, status, ok: result.ok, ...(typeof result.error === "string" && { error: result.error }) });
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers }).end(JSON.stringify(result));
  };
  const host = await listen(stack, handle, place);
  return {
    ...createRunning(host, stack.move(), "/api/"),
    messages,
    requests,
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly result: Result;
}

/** https://docs.slack.dev/apis/web-api/rate-limits */
function breakDown({ error, status, headers = {} }: SlackFault): Reply {
  if (status === 429) return { status, headers: { "retry-after": "1", ...headers }, result: { ok: false, error: error ?? "ratelimited" } };
  if (status !== undefined && status !== 200) return { status, headers, result: { ok: false, error: error ?? "internal_error" } };
  return { status: 200, headers, result: { ok: false, error: error ?? "fatal_error" } };
}

function readToken(request: IncomingMessage, args: Arguments): string | undefined {
  const header = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return header ?? (typeof args.token === "string" ? args.token : undefined);
}

/** Form-encoded as the SDK sends it, JSON as others do, or in the query. */
function parse(request: IncomingMessage, body: Buffer): Arguments {
  const query = Object.fromEntries(new URL(request.url ?? "/", "http://localhost").searchParams);
  const text = body.toString();
  if (/^application\/json\b/.test(request.headers["content-type"] ?? "")) return { ...query, ...(JSON.parse(text) as Arguments) };
  return { ...query, ...Object.fromEntries(new URLSearchParams(text)) };
}

function answer(
  method: Method | undefined,
  tokens: SlackOptions["tokens"],
  token: string | undefined,
  createCall: (token: SlackToken) => Parameters<Method["run"]>[0],
): Reply {
  const ok = (result: Result, headers: Readonly<Record<string, string>> = {}): Reply => ({ status: 200, headers, result });
  if (!method) return ok({ ok: false, error: "unknown_method" });
  if (token === undefined) return ok({ ok: false, error: "not_authed" });
  const known = tokens[token];
  if (!known) return ok({ ok: false, error: "invalid_auth" });
  const provided = known.scopes.join(",");
  const headers = { "x-oauth-scopes": provided, ...(method.scope && { "x-accepted-oauth-scopes": method.scope }) };
  if (method.scope && !known.scopes.includes(method.scope))
    return ok({ ok: false, error: "missing_scope", needed: method.scope, provided }, headers);
  return ok(method.run(createCall(known)), headers);
}
