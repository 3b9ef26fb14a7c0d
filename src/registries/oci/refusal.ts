import { z } from "zod";
import { FairleadError, type ErrorCode } from "../../core/errors.ts";
import { parseChallenges } from "./challenge.ts";
import type { HttpAnswer } from "./transport.ts";

/** What a request says about who sends it. */
export interface Authorization {
  /** The value of the `Authorization` header. */
  readonly header: string;
  /** A registry may want a token of everybody: then no login is behind it. */
  readonly anonymous: boolean;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
const errorBody = z.object({ errors: z.tuple([z.object({ code: z.string().regex(/^\w{1,64}$/), message: z.unknown() })], z.unknown()) });

/** The longest text of a registry's that goes into a message of ours. */
const longestText = 200;

/** Returns the error for an answer that is no success, by its status and the registry's own code. */
export function refusal(doing: string, answer: HttpAnswer, authorization: Authorization | undefined): FairleadError {
  const anonymous = authorization?.anonymous ?? true;
  const told = readError(answer.bytes);
  const { code, cause, hint = hintFor(code, anonymous) } = translate(statusOf(answer, anonymous), told?.code, anonymous);
  const detail = told === undefined ? "" : ` (${[told.code, showable(told.message, authorization)].filter(Boolean).join(": ")})`;
  return new FairleadError(code, `${doing}: ${answer.url.host} ${cause}${detail}`, { hint });
}

function translate(status: number, told: string | undefined, anonymous: boolean): { code: ErrorCode; cause: string; hint?: string } {
  if (status === 401) return { code: "unauthenticated", cause: anonymous ? "wants a login" : "refused the login" };
  if (status === 403) return { code: "forbidden", cause: "does not allow it" };
  if (status === 404) return { code: "not_found", cause: "has no such repository, tag or digest" };
  if (status === 405) {
    return { code: "unsupported", cause: "does not allow the request: it may be read-only", hint: "name a registry that takes pushes" };
  }
  // ECR's word for a tag that is immutable: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
  if (status === 409 || told === "TAG_INVALID") return { code: "conflict", cause: "does not let the tag be moved" };
  return { code: status === 429 || status >= 500 ? "unavailable" : "unsupported", cause: `answered ${status}` };
}

/** A token without the right is answered by 401 too, with a code that says so: https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
function statusOf({ status, headers }: HttpAnswer, anonymous: boolean): number {
  if (status !== 401 || anonymous) return status;
  const challenges = parseChallenges(headers.get("www-authenticate") ?? "");
  return challenges.some(({ parameters }) => parameters.get("error") === "insufficient_scope") ? 403 : status;
}

function hintFor(code: ErrorCode, anonymous: boolean): string | undefined {
  if (code !== "unauthenticated" && code !== "forbidden") return undefined;
  if (anonymous) return "name a login by --registry-username and --registry-password env:NAME";
  return code === "forbidden" ? "give the login the right to this repository" : "check the login: it may be wrong or expired";
}

function readError(bytes: Uint8Array): { code: string; message: unknown } | undefined {
  try {
    return errorBody.parse(JSON.parse(Buffer.from(bytes).toString())).errors[0];
  } catch {
    return undefined; // a proxy's page, or nothing: the status says enough
  }
}

/** A registry's own text, on one line, without what we sent it in confidence. */
function showable(text: unknown, authorization: Authorization | undefined): string {
  if (typeof text !== "string") return "";
  let shown = text;
  for (const value of confidences(authorization)) shown = shown.replaceAll(value, "***");
  return shown
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, longestText);
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
