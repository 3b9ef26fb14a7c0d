// GitHub's own words for what it refuses, safe to show.
import { cutLine } from "../../core/text/cut.ts";

/** The longest text of GitHub's in a message of ours, in characters. */
const longestText = 300;

/** One reason for a refusal. */
export interface Reason {
  readonly field?: string;
  readonly code?: string;
  readonly message?: string;
}

/**
 * Returns the reasons in the body of an answer: `errors` is a list of objects, a list of texts, or one text.
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
 */
export function reasonsIn(body: unknown): readonly Reason[] {
  const { errors } = fieldsOf(body);
  return [errors].flat().flatMap((each): Reason[] => {
    if (typeof each === "string") return [{ message: each }];
    const { field, code, message } = fieldsOf(each);
    return [{ ...textAs("field", field), ...textAs("code", code), ...textAs("message", message) }].filter(
      (reason) => sentenceOf(reason) !== "",
    );
  });
}

/** Returns what GitHub says in the body of an answer, on one line: its reasons, or else its sentence. Empty: it says nothing. */
export function saidIn(body: unknown): string {
  const reasons = [...new Set(reasonsIn(body).map(sentenceOf))].join("; ");
  return harmless(reasons === "" ? sentenceIn(body) : reasons);
}

/** Returns the sentence in the body of an answer, as it came. */
export function sentenceIn(body: unknown): string {
  const { message } = fieldsOf(body);
  return typeof message === "string" ? message : "";
}

/** Returns a text of GitHub's on one line, without control characters, cut to what a message can hold. */
export function harmless(text: string): string {
  return cutLine(text, longestText);
}

/** Returns a text of GitHub's as it stands behind ours: ` (Bad credentials)`, or nothing. */
export function aside(said: string): string {
  return said === "" ? "" : ` (${said})`;
}

function sentenceOf({ field, code, message }: Reason): string {
  return message ?? [field, code].filter(Boolean).join(" ");
}

function textAs(name: keyof Reason, value: unknown): Reason {
  return typeof value === "string" && value !== "" ? { [name]: value } : {};
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
