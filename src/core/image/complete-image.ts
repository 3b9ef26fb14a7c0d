import type { Configuration, RawManifest, Reconfigure } from "../registry/images.ts";
import type { Context } from "../run/step.ts";
import type { Build } from "./build.ts";
import { completeConfiguration } from "./complete.ts";
import type { ImageRef, PinnedImage } from "./image.ts";

/** An image that the engine has made, and how. */
export interface MadeImage {
  readonly image: ImageRef;
  readonly build: Build;
  /** False if the build has another login than the push. */
  readonly ownLogin: boolean;
}

/**
 * Returns the manifest of a pushed image after putting into its configurations what the engine leaves out of them. It
 * has no tag yet.
 */
export async function completeImage(
  ctx: Context,
  { image, build, ownLogin }: MadeImage,
  published: PinnedImage,
  signal: AbortSignal,
): Promise<RawManifest> {
  const manifest = await ctx.images.manifest(published, signal);
  const { recipe } = build;
  if (recipe === undefined) return manifest;
  const { target, buildArgs, platforms } = recipe;
  const dockerfile = await ctx.dagger(`read the Dockerfile of ${build.name}`, (dag) => recipe.dockerfile(dag));
  const warned = new Set<string>();
  const warn = (message: string): void => {
    if (!warned.has(message)) ctx.report({ type: "warning", message: `build ${build.name}: ${message}` });
    warned.add(message);
  };
  const change: Reconfigure = (configuration, listed) => {
    const platform = listed ?? platforms[0] ?? platformOf(configuration);
    return completeConfiguration({ images: ctx.images, image, ownLogin, warn }, { dockerfile, platform, target, buildArgs }, configuration);
  };
  return await ctx.images.reconfigure(published, manifest, change, signal);
}

function platformOf({ os, architecture }: Configuration): string {
  return `${String(os)}/${String(architecture)}`;
}
