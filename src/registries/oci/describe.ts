import type { ImageRef } from "../../core/image/image.ts";
import type { ImageDescription, RawManifest } from "../../core/registry/images.ts";
import type { RegistryClient } from "./client.ts";
import * as content from "./content.ts";
import { reading, readManifest } from "./manifest.ts";

/** Returns the description of an image; undefined if the registry has no such tag or digest. */
export async function readDescription(send: RegistryClient, image: ImageRef): Promise<ImageDescription | undefined> {
  const manifest = await readManifest(send, image);
  if (manifest === undefined) return undefined;
  const { digest } = manifest;
  if (!content.indexTypes.includes(manifest.mediaType)) {
    const { platform, labels } = await describeOne(send, image, manifest);
    return { digest, platforms: platform === undefined ? [] : [{ platform, digest }], labels };
  }
  const { manifests } = content.parseContent(reading(image), "index", content.indexContent, manifest.bytes);
  const platforms = manifests.flatMap((each) => {
    const platform = content.formatPlatform(each.platform);
    return platform === undefined ? [] : [{ platform, digest: each.digest }];
  });
  const [first] = platforms;
  if (first === undefined) return { digest, platforms, labels: {} };
  const child = { registry: image.registry, repository: image.repository, digest: first.digest };
  const described = await readManifest(send, child).then((found) => found && describeOne(send, child, found));
  return { digest, platforms, labels: described?.labels ?? {} };
}

/** Returns the description of one platform, from its manifest and configuration. */
async function describeOne(
  send: RegistryClient,
  image: ImageRef,
  manifest: RawManifest,
): Promise<{ platform: string | undefined; labels: Readonly<Record<string, string>> }> {
  const doing = reading(image);
  const { config, annotations } = content.parseContent(doing, "manifest", content.manifestContent, manifest.bytes);
  if (!content.configTypes.includes(config.mediaType)) return { platform: undefined, labels: annotations };
  const answer = await send({ doing, image, actions: "pull", method: "GET", path: `blobs/${config.digest}` });
  if (answer.status !== 200) throw answer.refusal();
  content.checkDigest(doing, answer.bytes, config.digest);
  const configuration = content.parseContent(doing, "configuration", content.configContent, answer.bytes);
  return { platform: content.formatPlatform(configuration), labels: { ...configuration.config?.Labels, ...annotations } };
}
