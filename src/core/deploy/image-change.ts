import { shortHash } from "../change/identity.ts";
import type { ProposedChange } from "../change/change.ts";
import { formatImage, formatImageRepository, unknownDigest, type ImageRef } from "../image/image.ts";
import { distinctImages, inOrder, listed } from "./image-set.ts";
import { editImages } from "./manifest/edit-images.ts";
import { proveFiles } from "./manifest/prove-files.ts";
import { widerPlaces } from "./wider-places.ts";

/** Which images to set, and where. */
export interface SetImagesInput {
  /** The folder in which manifests are searched, without slashes at its ends; empty for all. */
  readonly folder: string;
  /** One object or path of it, as `Kind/namespace/name#path`. */
  readonly only: string | undefined;
  /** At least one. The order does not matter. */
  readonly images: readonly ImageRef[];
}

/**
 * Returns the change that sets images in manifests: one image, or several as one change. Its targets are the images' repositories at that
 * place. Throws `input` for a repository with two values.
 */
export function setImages({ folder, only, images: given }: SetImagesInput): ProposedChange {
  const images = inOrder(distinctImages(given).map((image) => ({ image }))).map(({ image }) => image);
  const texts = images.map(formatImage);
  const where = [folder, only ?? null] as const;
  const isKnown = images.every(({ digest }) => digest !== unknownDigest);
  return {
    doing: `deploy ${listed(texts)}`,
    key: [folder && `in ${folder}`, only && `only ${only}`, keyOf(texts)].filter(Boolean).join(" "),
    slug: slugOf(images),
    // One image is its own identity, not a list of one: its branch has this name since the first version.
    identity: isKnown ? [...where, texts.length === 1 ? texts[0]! : texts] : undefined,
    targets: images.map((image) => [...where, formatImageRepository(image)]),
    widen: ([, , name = null]) => widerPlaces(folder, only).map((wider) => [...wider, name]),
    async edit(tree, breathe) {
      const { changes, ...edit } = await editImages(tree, images, { folder, only, breathe });
      return {
        ...edit,
        summary: changes.map(({ images: setFor, ...change }) => ({ ...change, subjects: setFor.map(formatImageRepository) })),
      };
    },
    prove: (before, after, breathe) => proveFiles(before, after, images, breathe),
  };
}

/** The name of a step is a line: of many images it has the first, and a hash of all. */
function keyOf(texts: readonly string[]): string {
  return texts.length <= 3 ? texts.join(" ") : `${listed(texts)} (${shortHash(texts)})`;
}

function slugOf(images: readonly ImageRef[]): string {
  const first = images[0]?.repository.split("/").at(-1) ?? "";
  return images.length <= 1 ? first : `${first}-and-${images.length - 1}-more`;
}
