import { z } from "zod";
import { needList, needText, readObject, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byToken } from "../receiver/proof.ts";
import type { Parsed, Receiver } from "../receiver/receiver.ts";

/** The type of Harbor's CloudEvents for a push. */
const cloudEvent = "harbor.artifact.pushed";

/** Harbor, in both its formats: https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/ */
export const harbor: Receiver<object> = {
  name: "harbor",
  events: ["image"],
  headers: [],
  proofHeaders: ["authorization"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`",
    proof: "`Authorization`, which is the secret as a whole",
    setUp: "the auth header; payload format Default or CloudEvents",
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json", "application/cloudevents+json"],
  proof: () => "secret",
  prove: byToken("authorization"),
  deliveryId(delivery) {
    const body = readObject(delivery.body);
    return text(body, "type") === cloudEvent ? (text(body, "id") ?? null) : null;
  },
  parse(delivery) {
    const body = readObject(delivery.body);
    switch (text(body, "type") ?? "") {
      case "PUSH_ARTIFACT":
      case "pushImage":
        return readResources(needList(body, "event_data", "resources"));
      case cloudEvent:
        return readResources(needList(body, "data", "resources"));
      default:
        return { ignored: "event type not handled" };
    }
  },
};

function readResources(resources: readonly unknown[]): Parsed {
  const images = resources.map((each) => imagePushed(needText(each, "resource_url"), text(each, "tag"), text(each, "digest")));
  return allOf(images, noImage);
}
