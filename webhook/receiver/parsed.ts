import type { PullRequestEvent } from "../../src/core/event/git.ts";
import { isDigest } from "../../src/core/image/image.ts";
import { malformed } from "./json.ts";
import type { EventBody, Parsed } from "./receiver.ts";

/** Returns the events of a delivery's parts; if there are none it is ignored, for this reason. */
export function allOf(events: readonly (EventBody | undefined)[], whyNone: string): Parsed {
  const known = events.filter((each) => each !== undefined);
  return known.length === 0 ? { ignored: whyNone } : { events: known };
}

/** The reason to ignore a delivery whose images have neither tag nor digest. */
export const noImage = "no image with a tag or a digest";

/**
 * Returns that an image was pushed, or undefined if it has neither a tag nor a real digest. What looks like a digest is no tag: some registries put
 * it there. A tag or digest in the name is left out.
 */
export function imagePushed(name: string, tag: string | undefined, digest: string | undefined): EventBody | undefined {
  const { image } = splitImage(name);
  if (image === "") throw malformed("the image has no name");
  const isTag = tag !== undefined && tag !== "" && !isDigest(tag);
  const isPinned = digest !== undefined && isDigest(digest);
  if (!isTag && !isPinned) return undefined;
  return { kind: "image", image, tag: isTag ? tag : null, digest: isPinned ? digest : null };
}

/** Returns the parts of `image[:tag][@digest]`, whatever they hold. A colon before the last slash belongs to the host. */
export function splitImage(text: string): { image: string; tag: string | undefined; digest: string | undefined } {
  const [name = "", digest] = text.split("@", 2);
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  if (colon < 0) return { image: name, tag: undefined, digest };
  return { image: name.slice(0, colon), tag: name.slice(colon + 1) || undefined, digest };
}

/** Returns that a pull request has changed; of a merged one, `mergeCommit` is told too. */
export function pullRequestChanged(
  change: Omit<PullRequestEvent, "kind" | "source" | "delivery" | "mergeCommit">,
  mergeCommit: string | undefined,
): EventBody {
  return { kind: "pull-request", ...change, ...(change.action === "merged" ? { mergeCommit: mergeCommit ?? null } : {}) };
}
