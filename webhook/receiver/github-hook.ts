/** The parts that all hooks of GitHub share: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
import { headerOrNull, mediaType } from "./headers.ts";
import { malformed, readObject, readUtf8 } from "./json.ts";
import { byHmac } from "./proof.ts";
import type { Delivery, Verified } from "./receiver.ts";

const form = "application/x-www-form-urlencoded";

/** A receiver of GitHub's hooks but for what it reads. The SHA-1 header is not looked at. */
export const githubHook = {
  headers: ["x-github-event", "x-github-delivery", "x-github-hook-id"],
  proofHeaders: ["x-hub-signature-256"],
  limit: 25 * 2 ** 20,
  contentTypes: (): readonly string[] => ["application/json", form],
  proof: (): "secret" => "secret",
  prove: byHmac("x-hub-signature-256", "sha256"),
  deliveryId: (delivery: Verified): string | null => headerOrNull(delivery.headers, "x-github-delivery"),
};

/** Returns the payload: the body, or the field `payload` of a form, decoded once. Throws `input`. */
export function readPayload(delivery: Delivery): object {
  if (mediaType(delivery.headers) !== form) return readObject(delivery.body);
  const [, payload] = /(?:^|&)payload=([^&]*)/.exec(readUtf8(delivery.body)) ?? [];
  if (payload === undefined) throw malformed("the form has no payload");
  return readObject(decodeFormValue(payload));
}

/** `URLSearchParams` would put U+FFFD in the place of what is not UTF-8; this refuses it. */
function decodeFormValue(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    throw malformed("the form is not percent-encoded UTF-8");
  }
}
