import type { ImageTagMutability, EncryptionType, Repository } from "#sdk/@aws-sdk/client-ecr";
import type { RepositorySettings, RepositoryState } from "../../core/registry/repository-settings.ts";
import type { Json } from "../../core/json.ts";
import { awsTags, tagsOf, unlessMissing, type EcrApi, type EcrCaller } from "./api.ts";
import { readStored, restoreStored, type OpenedClient } from "./archive.ts";
import { connectionOption } from "./connections.ts";
import { guardEndpoint } from "./endpoints.ts";
import type { PrivateRegistry } from "./host.ts";

/** Returns the API of a private registry: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html */
export function privateApi(registry: PrivateRegistry, caller: EcrCaller): EcrApi {
  let opened: Promise<OpenedClient> | undefined;
  const open = (): Promise<OpenedClient> => (opened ??= openClient(registry, caller));
  return {
    async token(abortSignal) {
      const { sdk, client } = await open();
      const { authorizationData: [found] = [] } = await client.send(new sdk.GetAuthorizationTokenCommand({}), { abortSignal });
      return { token: found?.authorizationToken, expires: found?.expiresAt };
    },
    read: async (name, signal) => readRepository(await open(), name, signal),
    create: async (name, settings, signal) => createRepository(await open(), name, settings, signal),
    update: async (name, settings, signal) => updateRepository(await open(), name, settings, signal),
    archive: {
      read: async (name, image, signal) => readStored(await open(), name, image, signal),
      restore: async (name, image, signal) => restoreStored(await open(), name, image, signal),
    },
  };
}

async function openClient({ account, region, endpoint }: PrivateRegistry, { credentials, allowUrl }: EcrCaller): Promise<OpenedClient> {
  const sdk = await import("#sdk/@aws-sdk/client-ecr");
  const client = new sdk.ECRClient({ region, ...connectionOption(), ...endpoint, ...(credentials && { credentials }) });
  return { sdk, client: guardEndpoint(client, allowUrl), registryId: account };
}

type State = Omit<RepositoryState, "repository">;

async function readRepository(opened: OpenedClient, name: string, abortSignal: AbortSignal): Promise<State | undefined> {
  const { sdk, client, registryId } = opened;
  const asked = { registryId, repositoryName: name };
  const described = await unlessMissing("RepositoryNotFoundException", () =>
    client.send(new sdk.DescribeRepositoriesCommand({ registryId, repositoryNames: [name] }), { abortSignal }),
  );
  const [found] = described?.repositories ?? [];
  if (found === undefined) return undefined;
  const [lifecycle, policy, { tags }] = await Promise.all([
    unlessMissing("LifecyclePolicyNotFoundException", () => client.send(new sdk.GetLifecyclePolicyCommand(asked), { abortSignal })),
    unlessMissing("RepositoryPolicyNotFoundException", () => client.send(new sdk.GetRepositoryPolicyCommand(asked), { abortSignal })),
    client.send(new sdk.ListTagsForResourceCommand({ resourceArn: found.repositoryArn }), { abortSignal }),
  ]);
  return {
    ...stateOf(found),
    lifecyclePolicy: parsePolicy(lifecycle?.lifecyclePolicyText),
    repositoryPolicy: parsePolicy(policy?.policyText),
    tags: tagsOf(tags),
  };
}

function stateOf(found: Repository): Omit<State, "lifecyclePolicy" | "repositoryPolicy" | "tags"> {
  return {
    arn: found.repositoryArn ?? null,
    tagMutability: found.imageTagMutability ?? null,
    tagMutabilityExclusions: (found.imageTagMutabilityExclusionFilters ?? []).flatMap(({ filter }) => filter ?? []),
    scanOnPush: found.imageScanningConfiguration?.scanOnPush ?? null,
    encryption: found.encryptionConfiguration?.encryptionType ?? null,
    kmsKey: found.encryptionConfiguration?.kmsKey ?? null,
  };
}

function parsePolicy(text: string | undefined): Json {
  return text === undefined || text === "" ? null : (JSON.parse(text) as Json);
}

/** Policies have calls of their own, so a repository that others see already may lack them for a moment. */
async function createRepository(opened: OpenedClient, name: string, settings: RepositorySettings, abortSignal: AbortSignal): Promise<void> {
  const { sdk, client, registryId } = opened;
  const { tags, scanOnPush, encryption, kmsKey } = settings;
  const encrypted = encryption ?? undefined;
  await client.send(
    new sdk.CreateRepositoryCommand({
      registryId,
      repositoryName: name,
      ...mutabilityOf(settings),
      ...(typeof scanOnPush === "boolean" && { imageScanningConfiguration: { scanOnPush } }),
      ...(encrypted !== undefined && {
        encryptionConfiguration: { encryptionType: encrypted as EncryptionType, ...(kmsKey != null && { kmsKey }) },
      }),
      ...(tags !== undefined && { tags: awsTags(tags) }),
    }),
    { abortSignal },
  );
  await putPolicies(opened, name, settings, abortSignal);
}

async function updateRepository(opened: OpenedClient, name: string, settings: RepositorySettings, abortSignal: AbortSignal): Promise<void> {
  const { sdk, client, registryId } = opened;
  const asked = { registryId, repositoryName: name };
  const mutability = mutabilityOf(settings);
  if (mutability !== undefined) await client.send(new sdk.PutImageTagMutabilityCommand({ ...asked, ...mutability }), { abortSignal });
  if (typeof settings.scanOnPush === "boolean") {
    const { scanOnPush } = settings;
    await client.send(new sdk.PutImageScanningConfigurationCommand({ ...asked, imageScanningConfiguration: { scanOnPush } }), {
      abortSignal,
    });
  }
  if (settings.tags !== undefined) {
    const { repositories: [found] = [] } = await client.send(new sdk.DescribeRepositoriesCommand({ registryId, repositoryNames: [name] }), {
      abortSignal,
    });
    await client.send(new sdk.TagResourceCommand({ resourceArn: found?.repositoryArn, tags: awsTags(settings.tags) }), { abortSignal });
  }
  await putPolicies(opened, name, settings, abortSignal);
}

async function putPolicies(opened: OpenedClient, name: string, settings: RepositorySettings, abortSignal: AbortSignal): Promise<void> {
  const { sdk, client, registryId } = opened;
  const { lifecyclePolicy, repositoryPolicy } = settings;
  const asked = { registryId, repositoryName: name };
  if (lifecyclePolicy != null) {
    const lifecyclePolicyText = JSON.stringify(lifecyclePolicy);
    await client.send(new sdk.PutLifecyclePolicyCommand({ ...asked, lifecyclePolicyText }), { abortSignal });
  }
  if (repositoryPolicy != null) {
    await client.send(new sdk.SetRepositoryPolicyCommand({ ...asked, policyText: JSON.stringify(repositoryPolicy) }), { abortSignal });
  }
}

interface Mutability {
  readonly imageTagMutability: ImageTagMutability;
  readonly imageTagMutabilityExclusionFilters?: { filterType: "WILDCARD"; filter: string }[];
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html */
function mutabilityOf({ tagMutability, tagMutabilityExclusions = [] }: RepositorySettings): Mutability | undefined {
  if (tagMutability == null) return undefined;
  const filters = tagMutabilityExclusions.map((filter) => ({ filterType: "WILDCARD" as const, filter }));
  return {
    imageTagMutability: tagMutability as ImageTagMutability,
    ...(filters.length > 0 && { imageTagMutabilityExclusionFilters: filters }),
  };
}
