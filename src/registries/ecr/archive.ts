import type * as Sdk from "#sdk/@aws-sdk/client-ecr";
import type { ECRClient, ImageIdentifier } from "#sdk/@aws-sdk/client-ecr";
import { isDigest } from "../../core/image/image.ts";
import type { StoredImage } from "../../core/registry/registry.ts";
import { unlessMissing, type EcrImage } from "./api.ts";

/** An open client, and the account that it speaks of, which need not be its own. */
export interface OpenedClient {
  readonly sdk: typeof Sdk;
  readonly client: ECRClient;
  readonly registryId: string;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html */
const states: Readonly<Record<string, StoredImage["state"]>> = { ACTIVATING: "restoring", ACTIVE: "active", ARCHIVED: "archived" };

/** Returns an image of a private registry, also an archived one; undefined if there is none. */
export async function readStored(
  { sdk, client, registryId }: OpenedClient,
  name: string,
  image: EcrImage,
  abortSignal: AbortSignal,
): Promise<StoredImage | undefined> {
  const asked = new sdk.DescribeImagesCommand({
    registryId,
    repositoryName: name,
    imageIds: [idOf(image)],
    filter: { imageStatus: "ANY" },
  });
  const described = await unlessMissing("ImageNotFoundException", () => client.send(asked, { abortSignal }));
  const [found] = described?.imageDetails ?? [];
  const digest = found?.imageDigest ?? "";
  return isDigest(digest) ? { digest, state: states[found?.imageStatus ?? ""] ?? "active" } : undefined;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateImageStorageClass.html */
export async function restoreStored(
  { sdk, client, registryId }: OpenedClient,
  name: string,
  image: EcrImage,
  abortSignal: AbortSignal,
): Promise<void> {
  const asked = { registryId, repositoryName: name, imageId: idOf(image), targetStorageClass: "STANDARD" } as const;
  await client.send(new sdk.UpdateImageStorageClassCommand(asked), { abortSignal });
}

function idOf({ tag, digest }: EcrImage): ImageIdentifier {
  return digest === undefined ? { imageTag: tag ?? "latest" } : { imageDigest: digest };
}
