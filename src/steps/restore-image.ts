import { FairleadError } from "../core/errors.ts";
import { formatImage, type Digest, type ImageRef } from "../core/image/image.ts";
import type { ImageArchive, StoredImage } from "../core/registry/registry.ts";
import { unchanged, type Context, type Step } from "../core/run/step.ts";

/** An image in the archive of its registry, and when to give up waiting for it. */
export interface RestoreInput {
  readonly image: ImageRef;
  readonly until: Date;
}

/** The image that can be pulled, or will be. */
export type Restored = { readonly digest: Digest };

/** Asks the registry to bring an archived image back. */
export const restoreImageStep: Step<RestoreInput, Restored> = {
  name: "restore-image",
  needs: ["registry:restore"],
  key: ({ image }) => formatImage(image),
  async plan(ctx, { image }) {
    const archive = archiveOf(ctx, image);
    const { digest, state } = await read(archive, image);
    if (state !== "archived") return unchanged({ digest });
    return {
      changes: [{ target: formatImage(image), action: "update", from: "archived", to: "active" }],
      warnings: [],
      expected: { digest },
      async apply(signal) {
        await archive.restore({ ...image, digest }, signal);
        return { digest };
      },
    };
  },
};

/** Waits until an image has come back, which takes minutes. A dry run does not wait. */
export const awaitImageStep: Step<RestoreInput, Restored> = {
  name: "await-image",
  needs: ["registry:restore"],
  key: ({ image }) => formatImage(image),
  async plan(ctx, { image, until }) {
    const { digest, state } = await read(archiveOf(ctx, image), image);
    const done = unchanged({ digest });
    return state === "active" ? done : { ...done, wait: { for: formatImage(image), seen: `the registry says ${state}`, until } };
  },
};

function archiveOf(ctx: Context, { registry }: ImageRef): ImageArchive {
  const { archive } = ctx.registry(registry);
  if (archive !== undefined) return archive;
  throw new FairleadError("internal", `restore an image at ${registry}: it has no archive`);
}

async function read(archive: ImageArchive, image: ImageRef): Promise<StoredImage> {
  const found = await archive.read(image);
  if (found === undefined) throw new FairleadError("not_found", `restore ${formatImage(image)}: there is no such image`);
  return found;
}
