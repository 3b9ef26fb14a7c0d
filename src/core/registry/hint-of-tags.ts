import type { ImageRef } from "../image/image.ts";
import { nearest } from "../text/suggest.ts";
import type { Images } from "./images.ts";

/** The most tags among which the nearest to a missing one is looked for, and how many are named. */
const mostTags = 5_000;
const named = 3;

/** Returns the hint for an image that its registry does not have: the nearest tags, where the registry lists any. */
export async function hintOfTags(images: Images, image: ImageRef): Promise<string> {
  const tags = await images.tags(image, mostTags).catch(() => []);
  const near = nearest(image.tag ?? "", new Set(tags.filter((tag) => !tag.startsWith("sha256-"))), named);
  return near.length === 0 ? "check its name" : `name a tag that is there, such as ${near.join(", ")}`;
}
