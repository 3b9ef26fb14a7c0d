/** A form whose field `payload` holds the JSON: https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks */
import { mediaType } from "./headers.ts";
import { malformed, readObject, readUtf8 } from "./json.ts";
import type { Delivery, Opening } from "./receiver.ts";

const form = "application/x-www-form-urlencoded";

/** The media types of what may come as JSON or as a form. */
export const jsonOrForm: readonly string[] = ["application/json", form];

/** Tells whether the body of a request is a form. */
export function isForm({ headers }: Pick<Opening, "headers">): boolean {
  return mediaType(headers) === form;
}

/** Returns the payload: the body, or the field `payload` of a form, decoded once. Throws `input`. */
export function readPayload(delivery: Delivery): object {
  return readObject(isForm(delivery) ? payloadOf(delivery.body) : delivery.body);
}

/** Returns the text of the field `payload` of a form, decoded once. Throws `input`. */
export function payloadOf(body: Uint8Array): string {
  const [, payload] = /(?:^|&)payload=([^&]*)/.exec(readUtf8(body)) ?? [];
  if (payload === undefined) throw malformed("the form has no payload");
  return decodeFormValue(payload);
}

/** `URLSearchParams` would put U+FFFD in the place of what is not UTF-8; this refuses it. */
function decodeFormValue(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    throw malformed("the form is not percent-encoded UTF-8");
  }
}
