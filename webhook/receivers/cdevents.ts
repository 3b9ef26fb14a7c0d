import { z } from "zod";
import { mediaType } from "../receiver/headers.ts";
import { field, malformed, needText, readObject, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byPath } from "../receiver/proof.ts";
import { readOciPurl } from "../receiver/purl.ts";
import type { Delivery, Receiver } from "../receiver/receiver.ts";

const structured = "application/cloudevents+json";

/**
 * CDEvents, in CloudEvents' binary or structured content mode: https://github.com/cdevents/spec/blob/main/cloudevents-binding.md and
 * https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md
 */
export const cdevents: Receiver<object> = {
  name: "cdevents",
  events: ["image"],
  headers: ["ce-id", "ce-source", "ce-specversion", "ce-type"],
  proofHeaders: [],
  uniqueBodies: false,
  docs: {
    configured: "`path`",
    proof: "its address alone: what it says is read again",
    setUp: "CloudEvents, binary or structured",
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json", structured],
  proof: () => "path",
  prove: byPath,
  deliveryId: (delivery) => text(readCdEvent(delivery).event, "context", "id") ?? null,
  parse(delivery) {
    const { event, cloudEventType } = readCdEvent(delivery);
    const type = needText(event, "context", "type");
    if (type !== cloudEventType) throw malformed("the types of the CloudEvent and the CDEvent differ");
    if (!/^dev\.cdevents\.artifact\.published\../.test(type)) return { ignored: "event type not handled" };
    const purl = readOciPurl(needText(event, "subject", "id"));
    if (purl === undefined) return { ignored: "artifact is not an OCI image" };
    return allOf([imagePushed(purl.image, purl.tag, purl.version)], noImage);
  },
};

function readCdEvent(delivery: Delivery): { event: unknown; cloudEventType: string | undefined } {
  const body = readObject(delivery.body);
  if (mediaType(delivery.headers) !== structured) return { event: body, cloudEventType: delivery.headers.get("ce-type") };
  return { event: field(body, "data"), cloudEventType: text(body, "type") };
}
