import { FairleadError } from "../errors.ts";
import { formatImage, formatImageRepository, type ImageRef } from "../image/image.ts";

/** More images than this come from a mistake, and their pull request is more than a person can review. */
export const mostImages = 50;

/** Returns the images, each once. Throws `input` for a repository that is there with different tags or digests. */
export function distinctImages(images: readonly ImageRef[]): readonly ImageRef[] {
  const byText = new Map(images.map((image) => [formatImage(image), image]));
  const distinct = [...byText.values()];
  const contradictions = [...Map.groupBy(distinct, formatImageRepository)].filter(([, same]) => same.length > 1);
  if (contradictions.length === 0) return distinct;
  const told = contradictions.map(([name, same]) => `${name} has more than one value: ${same.map(formatImage).join(", ")}`);
  throw new FairleadError("input", told.join("; "), { hint: "give each repository once" });
}

/** Returns the images by the names of their repositories: the order in which they were given is no part of a change. */
export function inOrder<T extends { readonly image: ImageRef }>(items: readonly T[]): readonly T[] {
  const keyed = items.map((item) => ({ item, name: formatImageRepository(item.image) }));
  return keyed.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ item }) => item);
}

/** Returns texts as a phrase: `a`, `a and b`, `a and 2 more images`. */
export function listed(texts: readonly string[]): string {
  const [first = "", second] = texts;
  if (second === undefined) return first;
  return texts.length === 2 ? `${first} and ${second}` : `${first} and ${texts.length - 1} more images`;
}
