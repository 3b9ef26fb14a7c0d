import type { WebAPICallError } from "#sdk/@slack/web-api";
import { connectionProblem } from "../../core/connection.ts";
import { notifierResource } from "../../core/credential.ts";
import type { RefusedStatus } from "../../core/token.ts";
import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import { proxiesOf } from "../../core/proxy.ts";
import type { Attempted } from "../../core/retry.ts";
import { cutLine } from "../../core/text/cut.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
  /** True where another token would have helped. */
  readonly wants?: true;
}

const badToken: Meaning = { code: "unauthenticated", hint: "use a valid bot token (xoxb-…)", wants: true };
const askOwner: Meaning = { code: "forbidden", hint: "ask an owner of the workspace to let the app post there" };
const otherChannel: Meaning = { code: "unsupported", hint: "choose a channel in which apps may post messages" };
const shorter: Meaning = { code: "unsupported", hint: "shorten the message, or give it fewer fields" };
const later: Meaning = { code: "unavailable" };
const limited: Meaning = { code: "unavailable" };
const manyMessages: Meaning = {
  code: "unavailable",
  hint: "run it again later, or ask an owner of the workspace about its limit of messages",
};

/**
 * The meanings of Slack's error codes: `error` in an answer whose status is 200. https://docs.slack.dev/reference/methods/chat.postMessage#errors and
 * https://docs.slack.dev/reference/methods/conversations.history#errors
 */
const meanings: Readonly<Record<string, Meaning>> = {
  ...all(badToken, "invalid_auth not_authed token_revoked token_expired account_inactive not_allowed_token_type"),
  missing_scope: { code: "forbidden", hint: "add the scope to the app, and install it again" },
  not_in_channel: { code: "forbidden", hint: "invite the app: write /invite @APP in the channel" },
  ...all(askOwner, "restricted_action no_permission access_denied team_access_not_granted ekm_access_denied accesslimited"),
  ...all(askOwner, "enterprise_is_restricted org_login_required two_factor_setup_required"),
  ...all(otherChannel, "messages_tab_disabled method_not_supported_for_channel_type cannot_reply_to_message as_user_not_supported"),
  channel_not_found: { code: "not_found", hint: "check the channel, and invite the app if it is a private one" },
  team_not_found: { code: "not_found", hint: "check that the app is installed in the workspace of the channel" },
  is_archived: { code: "conflict", hint: "choose a channel that is not archived" },
  ...all(shorter, "msg_too_long msg_blocks_too_long metadata_too_large invalid_blocks invalid_blocks_format no_text"),
  message_limit_exceeded: manyMessages,
  ...all(limited, "ratelimited rate_limited"),
  ...all(later, "internal_error fatal_error service_unavailable request_timeout team_added_to_org external_channel_migrating"),
};

function all(meaning: Meaning, codes: string): Readonly<Record<string, Meaning>> {
  return Object.fromEntries(codes.split(" ").map((code) => [code, meaning]));
}

/** The longest code of Slack's in a message of ours, and the longest name of a scope. */
const longestName = 100;

/** Where Slack is, unless a setting says otherwise. */
const everybodys = "https://slack.com/api/";

/** Returns what a failed call to an API means. `doing` begins the message. An error that is none of the SDK's comes back as it is. */
export function slackFailure(doing: string, error: unknown, api: string = everybodys): unknown {
  if (!isCallError(error)) return error;
  const said = errorCode(error);
  const problem = said === undefined ? connectionProblem(error, proxiesOf(process.env), api) : undefined;
  if (problem !== undefined) {
    const { code, cause, hint } = problem;
    return new FairleadError(code, `${doing}: Slack cannot be reached: ${cause}`, { hint, cause: error });
  }
  if (said === undefined) return new FairleadError("unavailable", `${doing}: ${outage(error)}`, { cause: error });
  const { needed } = ("data" in error ? error.data : {}) as { readonly needed?: string };
  const { code, hint, wants } = meanings[said] ?? unlisted(said);
  const scope = needed === undefined ? "" : ` (${cutLine(needed, longestName)})`;
  return new FairleadError(code, `${doing}: Slack answered ${cutLine(said, longestName)}${scope}`, {
    hint,
    wanted: wants && { kind: "token", for: notifierResource("slack") },
    cause: error,
  });
}

/** Returns Slack's own code for what went wrong; undefined when Slack said nothing of it. */
export function errorCode(error: unknown): string | undefined {
  return isCallError(error) && "data" in error ? error.data.error : undefined;
}

/** Returns 401 where Slack does not take the token; undefined for every other end of a call. */
export function tokenRefusal(ended: Attempted<unknown>): RefusedStatus | undefined {
  return "error" in ended && meanings[errorCode(ended.error) ?? ""] === badToken ? 401 : undefined;
}

/** Returns how many seconds Slack wants to be left alone; undefined when it is not that. Such a call did nothing. */
export function retryAfter(error: unknown): number | undefined {
  return isCallError(error) && "retryAfter" in error ? error.retryAfter : undefined;
}

/** Tells whether Slack put a call off, however long. */
export function isRateLimited(error: unknown): boolean {
  return retryAfter(error) !== undefined || meanings[errorCode(error) ?? ""] === limited;
}

function outage(error: WebAPICallError): string {
  if ("statusCode" in error) return `Slack answered ${error.statusCode}`;
  return "retryAfter" in error ? `Slack wants to be asked again in ${error.retryAfter} s` : "Slack cannot be reached";
}

/** By its code: the class would have to be loaded to be compared with. */
function isCallError(error: unknown): error is WebAPICallError {
  return error instanceof Error && "code" in error && String(error.code).startsWith("slack_webapi_");
}

/** The meaning of a code that is not listed, by its family: Slack adds codes, and none of them is a bug of ours. */
function unlisted(said: string): Meaning {
  if (/restrict|denied|not_allowed|permission|blocked/.test(said)) return askOwner;
  if (said.includes("limit")) return manyMessages;
  return { code: "unsupported", hint: "look up what it means: https://docs.slack.dev/reference/methods/chat.postMessage#errors" };
}
