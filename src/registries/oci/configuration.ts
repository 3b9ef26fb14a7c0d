import { FairleadError } from "../../core/errors.ts";
import type { ImageRef } from "../../core/image/image.ts";
import type { Configuration, RawManifest } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import { anyObject, checkDigest, configTypes, formatPlatform, indexContent, indexTypes, manifestContent, parseContent } from "./content.ts";
import { reading, readManifest } from "./manifest.ts";

/** Returns the configuration of an image for a platform. Throws `not_found` if it has none for that. */
export async function readConfiguration(send: RegistryClient, image: ImageRef, platform: string): Promise<Configuration> {
  const doing = reading(image);
  const top = await readManifest(send, image);
  const manifest = top && indexTypes.includes(top.mediaType) ? await childFor(send, image, top, platform) : top;
  if (manifest === undefined) throw new FairleadError("not_found", `${doing}: there is no such image for ${platform}`);
  return (await configurationOf(send, doing, image, manifest)) ?? {};
}

/** Returns the configuration of a manifest; undefined if the manifest is of something else than an image. */
export async function configurationOf(
  send: RegistryClient,
  doing: string,
  { registry, repository }: ImageRef,
  manifest: RawManifest,
): Promise<Configuration | undefined> {
  const { config } = parseContent(doing, "manifest", manifestContent, manifest.bytes);
  if (!configTypes.includes(config.mediaType)) return undefined;
  const image = { registry, repository };
  const answer = await send({ doing, image, actions: "pull", method: "GET", path: `blobs/${config.digest}` });
  if (answer.status !== 200) throw answer.refusal();
  checkDigest(doing, answer.bytes, config.digest);
  return parseContent(doing, "configuration", anyObject, answer.bytes);
}

/** Of the manifests for a platform, the one with its variant comes first, then one without. */
async function childFor(send: RegistryClient, image: ImageRef, index: RawManifest, platform: string): Promise<RawManifest | undefined> {
  const { manifests } = parseContent(reading(image), "index", indexContent, index.bytes);
  const found = manifests.map((each) => ({ digest: each.digest, platform: formatPlatform(each.platform) ?? "" }));
  const general = platform.split("/").slice(0, 2).join("/");
  const child =
    found.find((each) => each.platform === platform) ?? found.find((each) => each.platform.split("/").slice(0, 2).join("/") === general);
  if (child === undefined) return undefined;
  return readManifest(send, { registry: image.registry, repository: image.repository, digest: child.digest });
}
