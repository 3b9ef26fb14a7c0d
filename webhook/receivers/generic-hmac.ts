import { z } from "zod";
import { headerOrNull } from "../receiver/headers.ts";
import { list, readObject } from "../receiver/json.ts";
import { allOf } from "../receiver/parsed.ts";
import { byHmac, secretKeys } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { readEventBody, sentKinds, sentOnRequest } from "../receiver/event-body.ts";
import { bySigningToken, isSigningToken } from "../receiver/standard-webhooks.ts";

const byBody = byHmac("x-signature", "sha256", "sha512");

/**
 * Whoever can sign: the body is an event in our own words, as `src/core/event.ts` has them, or `{"events": [...]}`. A secret `whsec_…` proves by
 * Standard Webhooks too, whose signature covers the delivery's id and time: what was seen once is of no use a second time.
 */
export const genericHmac: Receiver<object> = {
  name: "generic-hmac",
  events: sentKinds,
  onRequest: sentOnRequest,
  headers: ["x-delivery-id", "webhook-id", "webhook-timestamp"],
  proofHeaders: ["x-signature", "webhook-signature"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`",
    proof: "`X-Signature: sha256=…` or `sha512=…`; or Standard Webhooks with a signing token `whsec_…` (the clock may be 5 min off)",
    setUp:
      'one event as JSON, or `{"events": […]}`; `X-Delivery-Id`, so that a repetition is known, or the signed `webhook-id` of Standard Webhooks',
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove: (opening, endpoint) =>
    opening.headers.has("webhook-signature")
      ? bySigningToken(opening, secretKeys(endpoint.secrets).filter(isSigningToken))
      : byBody(opening, endpoint),
  deliveryId: ({ headers }) => headerOrNull(headers, headers.has("webhook-signature") ? "webhook-id" : "x-delivery-id"),
  parse(delivery, _options, asked) {
    const body = readObject(delivery.body);
    return allOf(
      (list(body, "events") ?? [body]).map((entry) => readEventBody(entry, asked)),
      "no event of a known kind",
    );
  },
};
