import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import { wantedLogin } from "../../core/registry/registry.ts";
import { cutLine } from "../../core/text/cut.ts";
import { parseChallenges } from "./challenge.ts";
import { reportedErrors, tellingStatus, type ReportedError } from "./reported.ts";
import type { TransportAnswer } from "./transport.ts";

/** The authorization of a request. */
export interface Authorization {
  /** The value of the `Authorization` header. */
  readonly header: string;
  /** True without a login: a registry may want a token of everybody. */
  readonly anonymous: boolean;
  /** The hint for a refusal, if the registry's adapter has one. */
  readonly hint?: string | undefined;
}

/** The longest text of a registry in a message of ours, in characters. */
const longestText = 200;

/** Returns the error for a failed answer, by its status and the registry's own code. */
export function refusal(doing: string, answer: TransportAnswer, image: ImageRef, authorization: Authorization | undefined): FairleadError {
  const anonymous = authorization?.anonymous ?? true;
  const reported = reportedErrors(answer.bytes);
  const {
    code,
    cause,
    hint = hintFor(code, answer.status, anonymous, authorization?.hint),
  } = translate(statusOf(answer, anonymous), reported[0]?.code, answer, anonymous);
  return new FairleadError(code, `${doing}: ${answer.url.host} ${cause}${quote(reported, authorization)}`, {
    hint,
    wanted: anonymous && (wantsLogin.includes(code) || answer.status === 429) ? wantedLogin(image) : undefined,
  });
}

function translate(
  status: number,
  reported: string | undefined,
  answer: TransportAnswer,
  anonymous: boolean,
): { code: ErrorCode; cause: string; hint?: string } {
  if (status === 401) return { code: "unauthenticated", cause: anonymous ? "wants a login" : "refused the login" };
  if (status === 403) return { code: "forbidden", cause: "does not allow it" };
  if (reported === "MANIFEST_BLOB_UNKNOWN") return { code: "not_found", cause: "does not have all that the manifest names" };
  if (status === 404)
    return { code: "not_found", cause: `has no such ${reported === "NAME_UNKNOWN" ? "repository" : "repository, tag or digest"}` };
  if (status === 405) {
    return reads(answer)
      ? {
          code: "unsupported",
          cause: "does not allow the request to read",
          hint: "check that the host is a registry's, and no proxy before it refuses it",
        }
      : { code: "unsupported", cause: "does not allow the request: it may be read-only", hint: "name a registry that accepts pushes" };
  }
  if (status === 413 && !reads(answer)) {
    return {
      code: "unsupported",
      cause: "refuses a request of this size",
      hint: "raise the limit of request bodies at the registry, or at the proxy before it",
    };
  }
  if (status === 507 && !reads(answer))
    return { code: "unavailable", cause: "has no space left", hint: "free some of the registry's storage" };
  if (reported === "DIGEST_INVALID") return { code: "conflict", cause: "received other bytes than were sent" };
  // ECR's code for an immutable tag: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
  if (!reads(answer) && (status === 409 || reported === "TAG_INVALID")) return { code: "conflict", cause: "refuses to move the tag" };
  return { code: status === 429 || status >= 500 ? "unavailable" : "unsupported", cause: `answered ${answer.status}` };
}

/** Tells whether a request reads: what its status means depends on that. */
function reads({ method }: TransportAnswer): boolean {
  return method === "GET" || method === "HEAD";
}

/**
 * A token without the right also gets a 401, with a code that says so:
 * https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
function statusOf({ status, headers, bytes }: TransportAnswer, anonymous: boolean): number {
  if (status !== 401 || anonymous) return tellingStatus({ status, bytes });
  const challenges = parseChallenges(headers.get("www-authenticate") ?? "");
  return challenges.some(({ parameters }) => parameters.get("error") === "insufficient_scope") ? 403 : status;
}

const wantsLogin: readonly ErrorCode[] = ["unauthenticated", "forbidden"];

function hintFor(code: ErrorCode, status: number, anonymous: boolean, own: string | undefined): string | undefined {
  if (status === 429 && anonymous) return "log in: the limit is lower for those who do not";
  if (!wantsLogin.includes(code) || anonymous) return undefined;
  if (own !== undefined) return own;
  return code === "forbidden" ? "give the login the right to this repository" : "check the login: it may be wrong or expired";
}

/** Returns the registry's own words in brackets, of the first errors until there are enough; empty if it says nothing. */
function quote(reported: readonly ReportedError[], authorization: Authorization | undefined): string {
  const texts: string[] = [];
  for (const { code, message, detail } of reported) {
    // docker-registry reports a storage error as a text in `detail`: `no space left on device`
    const text = [code, showable(message, authorization), showable(detail, authorization)].filter(Boolean).join(": ");
    if (!texts.includes(text) && texts.join().length < longestText) texts.push(text);
  }
  return texts.length === 0 ? "" : ` (${texts.join("; ")})`;
}

/** Returns a registry's own text on one line, without the credentials that we sent. */
function showable(text: unknown, authorization: Authorization | undefined): string {
  if (typeof text !== "string") return "";
  let shown = text;
  for (const value of confidences(authorization)) shown = shown.replaceAll(value, "***");
  return cutLine(shown, longestText);
}

function confidences(authorization: Authorization | undefined): readonly string[] {
  const [scheme, value = ""] = authorization?.header.split(" ") ?? [];
  const password =
    scheme === "Basic"
      ? Buffer.from(value, "base64")
          .toString()
          .replace(/^[^:]*:/, "")
      : "";
  return [value, password].filter((each) => each !== "");
}
