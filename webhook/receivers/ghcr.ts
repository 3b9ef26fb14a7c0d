import { z } from "zod";
import { isDigest } from "../../src/core/image/image.ts";
import { readPayload } from "../receiver/form.ts";
import { githubHook } from "../receiver/github-hook.ts";
import { field, isObject, needText, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import type { Receiver } from "../receiver/receiver.ts";

/**
 * GitHub's container registry: the package events of a repository or an organization. `package_type` says `npm` of images too, so that what has
 * the metadata of a container is one. https://docs.github.com/en/webhooks/webhook-events-and-payloads#package
 */
export const ghcr: Receiver<object> = {
  ...githubHook,
  name: "ghcr",
  uniqueBodies: false,
  events: ["image"],
  docs: {
    configured: "`secrets`",
    proof: "`X-Hub-Signature-256`",
    setUp: "a webhook of its own; the event Packages (or Registry packages)",
  },
  options: z.strictObject({}),
  parse(delivery) {
    const body = readPayload(delivery);
    const type = delivery.headers.get("x-github-event");
    if (type !== "package" && type !== "registry_package") return { ignored: type === "ping" ? "ping" : "event type not handled" };
    const action = needText(body, "action");
    if (action !== "published" && action !== "updated") return { ignored: "package action not handled" };

    const version = field(body, type, "package_version");
    const container = field(version, "container_metadata");
    const url = text(version, "package_url");
    if (!isObject(container) || url === undefined) return { ignored: "package is not a container image" };
    // A manifest that has no tag has a URL that ends in a colon. The owner may have capital letters; in the registry it has none.
    const digests = [text(container, "tag", "digest"), text(container, "manifest", "digest"), text(version, "version")];
    const digest = digests.find((each) => each !== undefined && isDigest(each));
    return allOf([imagePushed(url.toLowerCase(), text(container, "tag", "name"), digest)], noImage);
  },
};
