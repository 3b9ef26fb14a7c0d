import type { WebAPICallError } from "#sdk/@slack/web-api";
import type { RefusedStatus } from "../../core/credentials.ts";
import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import type { Attempted } from "../../core/retry.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
}

const badToken: Meaning = { code: "unauthenticated", hint: "name a valid bot token (xoxb-…) with --credential slack=env:SLACK_BOT_TOKEN" };
const askOwner: Meaning = { code: "forbidden", hint: "ask an owner of the workspace to let the app post there" };
const later: Meaning = { code: "unavailable" };
const limited: Meaning = { code: "unavailable" };

/** The meanings of Slack's error codes: `error` in an answer whose status is 200. https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const meanings: Readonly<Record<string, Meaning>> = {
  invalid_auth: badToken,
  not_authed: badToken,
  token_revoked: badToken,
  token_expired: badToken,
  account_inactive: badToken,
  missing_scope: { code: "forbidden", hint: "add the scope to the app, and install it again" },
  not_in_channel: { code: "forbidden", hint: "invite the app: write /invite @APP in the channel" },
  restricted_action: askOwner,
  no_permission: askOwner,
  access_denied: askOwner,
  team_access_not_granted: askOwner,
  channel_not_found: { code: "not_found", hint: "check the channel, and invite the app if it is a private one" },
  is_archived: { code: "conflict", hint: "choose a channel that is not archived" },
  invalid_blocks: { code: "internal" },
  invalid_arguments: { code: "internal" },
  ratelimited: limited,
  rate_limited: limited,
  internal_error: later,
  fatal_error: later,
  service_unavailable: later,
  request_timeout: later,
  team_added_to_org: later,
};

/** Returns what a failed call means. `doing` begins the message. An error that is none of the SDK's comes back as it is. */
export function slackFailure(doing: string, error: unknown): unknown {
  if (!isCallError(error)) return error;
  const said = errorCode(error);
  if (said === undefined) return new FairleadError("unavailable", `${doing}: ${outage(error)}`, { cause: error });
  const { needed } = ("data" in error ? error.data : {}) as { readonly needed?: string };
  const { code, hint } = meanings[said] ?? { code: familyOf(said) };
  return new FairleadError(code, `${doing}: Slack answered ${said}${needed === undefined ? "" : ` (${needed})`}`, { hint, cause: error });
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
function familyOf(said: string): ErrorCode {
  if (/restrict|denied|not_allowed|permission/.test(said)) return "forbidden";
  return said.includes("limit") ? "unavailable" : "unsupported";
}
