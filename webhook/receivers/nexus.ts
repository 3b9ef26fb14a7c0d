import { z } from "zod";
import { headerOrNull } from "../receiver/headers.ts";
import { needText, readObject, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byBareHmac } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";

/** Nexus names the repository in its own words, not the host that Docker knows it by. */
interface Options {
  readonly registryHost?: string | undefined;
}

/**
 * Sonatype Nexus Repository. It signs by HMAC-SHA1, for which no collision that is known is of use:
 * https://help.sonatype.com/en/working-with-hmac-payloads.html and https://help.sonatype.com/en/example-headers-and-payloads.html
 */
export const nexus: Receiver<Options> = {
  name: "nexus",
  events: ["image"],
  headers: ["x-nexus-webhook-id", "x-nexus-webhook-delivery"],
  proofHeaders: ["x-nexus-webhook-signature"],
  uniqueBodies: false,
  docs: {
    configured: "`secrets`",
    proof: "`X-Nexus-Webhook-Signature`, HMAC-SHA1",
    setUp: 'the capability "Webhook: Repository" for components, with a secret key; option `registryHost`',
  },
  limit: 2 ** 20,
  options: z.strictObject({ registryHost: z.string().min(1).optional() }),
  contentTypes: () => ["application/json"],
  proof: () => "secret",
  prove: byBareHmac("x-nexus-webhook-signature", "sha1"),
  deliveryId: ({ headers }) => headerOrNull(headers, "x-nexus-webhook-delivery"),
  parse(delivery, { registryHost }) {
    const body = readObject(delivery.body);
    if (delivery.headers.get("x-nexus-webhook-id") !== "rm:repository:component") return { ignored: "event type not handled" };
    const action = needText(body, "action");
    if (action !== "CREATED" && action !== "UPDATED") return { ignored: "component neither created nor updated" };
    if (needText(body, "component", "format") !== "docker") return { ignored: "component is not an image" };
    const name = needText(body, "component", "name");
    const image = registryHost === undefined ? name : `${registryHost}/${name}`;
    return allOf([imagePushed(image, text(body, "component", "version"), undefined)], noImage);
  },
};
