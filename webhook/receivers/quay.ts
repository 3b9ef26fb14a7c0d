import { z } from "zod";
import { list, needList, needText, readObject, text } from "../receiver/json.ts";
import { allOf, imagePushed, noImage } from "../receiver/parsed.ts";
import { byPath } from "../receiver/proof.ts";
import type { Parsed, Receiver } from "../receiver/receiver.ts";

/**
 * Quay, which signs nothing. It mutes a hook after three attempts that were not answered by 2xx: https://docs.quay.io/guides/notifications.html
 */
export const quay: Receiver<object> = {
  name: "quay",
  events: ["image"],
  headers: [],
  proofHeaders: [],
  uniqueBodies: false,
  docs: {
    configured: "`path`",
    proof: "its address alone: what it says is read again",
    setUp: "a notification by webhook POST for pushes, or for builds that succeed; Quay gives up after three failures",
  },
  limit: 2 ** 20,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "path",
  prove: byPath,
  deliveryId: () => null,
  parse({ body: bytes }) {
    const body = readObject(bytes);
    if (text(body, "build_id") !== undefined) return readBuild(body);
    const tags = list(body, "updated_tags");
    return tags === undefined ? { ignored: "notification not handled" } : readTags(body, tags, undefined);
  },
};

/** A build that is queued or runs has neither an image nor a manifest, one that has failed has a message. */
function readBuild(body: object): Parsed {
  const digests = list(body, "manifest_digests") ?? [];
  if (text(body, "error_message") !== undefined) return { ignored: "build failed" };
  if (text(body, "image_id") === undefined && digests.length === 0) return { ignored: "build not finished" };
  const [digest] = digests;
  return readTags(body, needList(body, "docker_tags"), digests.length === 1 && typeof digest === "string" ? digest : undefined);
}

function readTags(body: object, tags: readonly unknown[], digest: string | undefined): Parsed {
  const names = tags.filter((tag): tag is string => typeof tag === "string" && tag !== "");
  return allOf(
    names.map((tag) => imagePushed(needText(body, "docker_url"), tag, digest)),
    noImage,
  );
}
