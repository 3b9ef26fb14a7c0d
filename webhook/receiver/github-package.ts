/** GitHub's package events, whose payload has a field of the event's name: https://docs.github.com/en/webhooks/webhook-events-and-payloads#package */
import { isDigest } from "../../src/core/image/image.ts";
import { field, isObject, needText, text } from "./json.ts";
import { allOf, imagePushed, noImage } from "./parsed.ts";
import type { Parsed } from "./receiver.ts";

/** Tells whether an event, by its `X-GitHub-Event`, is of a package. */
export function isPackageEvent(type: string): boolean {
  return type === "package" || type === "registry_package";
}

/** Returns the image that was pushed. `package_type` says `npm` of images too, so that what has the metadata of a container is one. */
export function readPackage(body: object, type: string): Parsed {
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
}
