import { z } from "zod";
import { headerOrNull } from "../receiver/headers.ts";
import { list, readObject } from "../receiver/json.ts";
import { allOf } from "../receiver/parsed.ts";
import { byHmac } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { readEventBody, sentKinds } from "../receiver/event-body.ts";

/** Whoever can sign: the body is an event in our own words, as `src/core/event.ts` has them, or `{"events": [...]}`. */
export const genericHmac: Receiver<object> = {
  name: "generic-hmac",
  events: sentKinds,
  headers: ["x-delivery-id"],
  docs: {
    configured: "`secrets`",
    proof: "`X-Signature: sha256=…` or `sha512=…`",
    setUp: 'one event as JSON, or `{"events": […]}`; `X-Delivery-Id`, so that a repetition is known',
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  verify: byHmac("x-signature", "sha256", "sha512"),
  deliveryId: ({ headers }) => headerOrNull(headers, "x-delivery-id"),
  parse(delivery) {
    const body = readObject(delivery.body);
    return allOf((list(body, "events") ?? [body]).map(readEventBody), "no event of a known kind");
  },
};
