import type * as Sdk from "#sdk/@aws-sdk/client-ecr-public";
import type { ECRPUBLICClient } from "#sdk/@aws-sdk/client-ecr-public";
import { FairleadError } from "../../core/errors.ts";
import { settingsText, type RepositorySettings, type RepositoryState } from "../../core/registry/repository-settings.ts";
import type { Json } from "../../core/json.ts";
import { awsTags, tagsOf, unlessMissing, type EcrApi, type EcrCaller } from "./api.ts";
import { connectionOption } from "./connections.ts";
import { guardEndpoint } from "./endpoints.ts";

type Opened = { readonly sdk: typeof Sdk; readonly client: ECRPUBLICClient };

/** Returns the API of the public gallery, where a repository has a policy and tags alone: https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/Welcome.html */
export function publicApi(region: string, caller: EcrCaller): EcrApi {
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => (opened ??= openClient(region, caller));
  return {
    async token(abortSignal) {
      const { sdk, client } = await open();
      const { authorizationData: found } = await client.send(new sdk.GetAuthorizationTokenCommand({}), { abortSignal });
      return { token: found?.authorizationToken, expires: found?.expiresAt };
    },
    read: async (name, signal) => readRepository(await open(), name, signal),
    async create(name, settings, abortSignal) {
      assertSupported(name, settings);
      const { sdk, client } = await open();
      const tags = settings.tags === undefined ? {} : { tags: awsTags(settings.tags) };
      await client.send(new sdk.CreateRepositoryCommand({ repositoryName: name, ...tags }), { abortSignal });
      await putPolicy({ sdk, client }, name, settings, abortSignal);
    },
    async update(name, settings, signal) {
      assertSupported(name, settings);
      const opened = await open();
      if (settings.tags !== undefined) await putTags(opened, name, settings.tags, signal);
      await putPolicy(opened, name, settings, signal);
    },
  };
}

async function openClient(region: string, { credentials, allowUrl }: EcrCaller): Promise<Opened> {
  const sdk = await import("#sdk/@aws-sdk/client-ecr-public");
  return {
    sdk,
    client: guardEndpoint(new sdk.ECRPUBLICClient({ region, ...connectionOption(), ...(credentials && { credentials }) }), allowUrl),
  };
}

async function describe({ sdk, client }: Opened, name: string, abortSignal: AbortSignal): Promise<string | undefined> {
  const described = await unlessMissing("RepositoryNotFoundException", () =>
    client.send(new sdk.DescribeRepositoriesCommand({ repositoryNames: [name] }), { abortSignal }),
  );
  return described?.repositories?.[0]?.repositoryArn;
}

async function readRepository(
  opened: Opened,
  name: string,
  abortSignal: AbortSignal,
): Promise<Omit<RepositoryState, "repository"> | undefined> {
  const { sdk, client } = opened;
  const arn = await describe(opened, name, abortSignal);
  if (arn === undefined) return undefined;
  const [policy, { tags }] = await Promise.all([
    unlessMissing("RepositoryPolicyNotFoundException", () =>
      client.send(new sdk.GetRepositoryPolicyCommand({ repositoryName: name }), { abortSignal }),
    ),
    client.send(new sdk.ListTagsForResourceCommand({ resourceArn: arn }), { abortSignal }),
  ]);
  return {
    arn,
    tagMutability: null,
    tagMutabilityExclusions: [],
    scanOnPush: null,
    encryption: null,
    kmsKey: null,
    lifecyclePolicy: null,
    repositoryPolicy: policy?.policyText === undefined ? null : (JSON.parse(policy.policyText) as Json),
    tags: tagsOf(tags),
  };
}

async function putTags(opened: Opened, name: string, tags: Readonly<Record<string, string>>, abortSignal: AbortSignal): Promise<void> {
  const resourceArn = await describe(opened, name, abortSignal);
  await opened.client.send(new opened.sdk.TagResourceCommand({ resourceArn, tags: awsTags(tags) }), { abortSignal });
}

async function putPolicy({ sdk, client }: Opened, name: string, settings: RepositorySettings, abortSignal: AbortSignal): Promise<void> {
  if (settings.repositoryPolicy == null) return;
  const policyText = JSON.stringify(settings.repositoryPolicy);
  await client.send(new sdk.SetRepositoryPolicyCommand({ repositoryName: name, policyText }), { abortSignal });
}

/** Throws `unsupported` when there are settings other than tags and a repository policy. */
function assertSupported(name: string, { repositoryPolicy: _, tags: __, ...others }: RepositorySettings): void {
  if (Object.keys(others).length === 0) return;
  throw new FairleadError("unsupported", `set up public repository ${name}: the public gallery has no ${settingsText(others)}`, {
    hint: "give only tags and a repository policy",
  });
}
