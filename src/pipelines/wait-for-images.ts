import type { ImageRef } from "../core/image/image.ts";
import type { Context } from "../core/run/step.ts";
import { waitForImage } from "../steps/wait-for-image.ts";

/** Waits until images are in their registries, for so many milliseconds since the run was begun; undefined: not at all. */
export async function waitForImages(ctx: Context, images: readonly ImageRef[], milliseconds: number | undefined): Promise<void> {
  if (milliseconds === undefined) return;
  const until = new Date(ctx.began.getTime() + milliseconds);
  await ctx.all(images.map((image) => ctx.run(waitForImage, { image, until })));
}
