import { formatImage, formatImageRepository, type Digest, type ImageRef } from "../core/image/image.ts";
import { unchanged, type Step } from "../core/run/step.ts";

/** An image that somebody is still building. */
export interface WaitForImageInput {
  readonly image: ImageRef;
  readonly until: Date;
}

/** Waits until an image is in its registry. An event of its repository, or the end of a run that has built it, wakes a run of the listener. */
export const waitForImage: Step<WaitForImageInput, { readonly digest: Digest | null }> = {
  name: "wait-for-image",
  needs: [],
  wakesOn: ["image"],
  key: ({ image }) => formatImage(image),
  async plan(ctx, { image, until }) {
    const found = await ctx.images.resolve(image);
    if (found !== undefined) return unchanged({ digest: found.digest });
    const wakeOn = { kind: "image", image: formatImageRepository(image) } as const;
    return { ...unchanged({ digest: null }), wait: { for: formatImage(image), seen: "it is not in its registry", until, wakeOn } };
  },
};
