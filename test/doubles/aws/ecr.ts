/** ECR's API by AWS JSON 1.1, and its public one: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html */
import { AwsRefusal, authorize, type Principal } from "./access.ts";
import type { Stored } from "./stored.ts";

/** A repository with the input of CreateRepository. */
export interface StoredRepository {
  readonly name: string;
  readonly arn: string;
  mutability: string;
  exclusions: readonly { readonly filterType: string; readonly filter: string }[];
  scanOnPush: boolean;
  readonly encryption: { readonly encryptionType: string; readonly kmsKey?: string };
  tags: Record<string, string>;
  lifecycle?: string;
  policy?: string;
}

/** The state of ECR. */
export interface EcrState {
  readonly region: string;
  readonly repositories: Map<string, StoredRepository>;
  readonly stored: Stored;
  /** `ARCHIVED` or `ACTIVATING` for images in the archive, by `REPOSITORY/DIGEST`. */
  readonly archived: Map<string, string>;
  /** The end of each password, in milliseconds since 1970. */
  readonly passwords: Map<string, number>;
  /** The lifetime of a password, in milliseconds. */
  passwordLifetime: number;
}

type Body = Readonly<Record<string, unknown>>;
type Tags = readonly { readonly Key: string; readonly Value: string }[];
interface Call {
  readonly state: EcrState;
  readonly who: Principal;
  readonly body: Body;
  readonly service: "ecr" | "ecr-public";
}

/** Returns what an action answers, as JSON. Throws AwsRefusal. */
export function answerEcr(action: string, call: Call): Body {
  const handler = handlers[action];
  if (handler === undefined) throw new AwsRefusal(400, "UnknownOperationException", action);
  const name = nameOf(call, action);
  authorize(call.who, `${call.service}:${action}`, name === undefined ? "*" : arnOf(call, name));
  return handler(call, name ?? "");
}

const handlers: Readonly<Record<string, (call: Call, name: string) => Body>> = {
  GetAuthorizationToken({ state, service }) {
    const password = `ecr-canary-${state.passwords.size + 1}`;
    const expiresAt = Date.now() + state.passwordLifetime;
    state.passwords.set(password, expiresAt);
    const data = { authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"), expiresAt: expiresAt / 1000 };
    return { authorizationData: service === "ecr" ? [data] : data };
  },
  CreateRepository(call, name) {
    const { state, body, service } = call;
    if (state.repositories.has(name))
      throw new AwsRefusal(400, "RepositoryAlreadyExistsException", `The repository with name '${name}' already exists`);
    const filters = (body.imageTagMutabilityExclusionFilters ?? []) as StoredRepository["exclusions"];
    const mutability = (body.imageTagMutability ?? "MUTABLE") as string;
    checkMutability(mutability, filters);
    const repository: StoredRepository = {
      name,
      arn: arnOf(call, name),
      mutability,
      exclusions: filters,
      scanOnPush: (body.imageScanningConfiguration as { scanOnPush?: boolean } | undefined)?.scanOnPush ?? false,
      encryption: encryptionOf(body, state.region),
      tags: record(body.tags as Tags),
    };
    state.repositories.set(name, repository);
    return { repository: shape(repository, service) };
  },
  DescribeRepositories: (call, name) => ({ repositories: [shape(find(call, name), call.service)] }),
  ListTagsForResource: (call, name) => ({ tags: Object.entries(find(call, name).tags).map(([Key, Value]) => ({ Key, Value })) }),
  TagResource(call, name) {
    Object.assign(find(call, name).tags, record(call.body.tags as Tags));
    return {};
  },
  GetLifecyclePolicy(call, name) {
    const { lifecycle } = find(call, name);
    if (lifecycle === undefined) throw new AwsRefusal(400, "LifecyclePolicyNotFoundException", "Lifecycle policy does not exist");
    return { lifecyclePolicyText: lifecycle };
  },
  PutLifecyclePolicy(call, name) {
    const text = String(call.body.lifecyclePolicyText);
    if (!text.includes('"rules"'))
      throw new AwsRefusal(400, "InvalidParameterException", "Lifecycle policy validation failure: rules are required");
    find(call, name).lifecycle = JSON.stringify(JSON.parse(text), null, 1); // it returns with other blanks
    return { lifecyclePolicyText: text };
  },
  GetRepositoryPolicy(call, name) {
    const { policy } = find(call, name);
    if (policy === undefined) throw new AwsRefusal(400, "RepositoryPolicyNotFoundException", "Repository policy does not exist");
    return { policyText: policy };
  },
  SetRepositoryPolicy(call, name) {
    find(call, name).policy = String(call.body.policyText);
    return { policyText: call.body.policyText };
  },
  DescribeImages(call, name) {
    find(call, name);
    const { imageIds = [], filter } = call.body as { imageIds?: readonly ImageId[]; filter?: { imageStatus?: string } };
    const digest = digestOf(call, name, imageIds[0]);
    const imageStatus = call.state.archived.get(`${name}/${digest}`) ?? "ACTIVE";
    if (filter?.imageStatus !== "ANY" && imageStatus !== "ACTIVE") throw missing(name);
    return { imageDetails: [{ imageDigest: digest, imageStatus }] };
  },
  UpdateImageStorageClass(call, name) {
    const { imageId, targetStorageClass } = call.body as { imageId?: ImageId; targetStorageClass?: string };
    const digest = digestOf(call, name, imageId);
    const imageStatus = targetStorageClass === "STANDARD" ? "ACTIVATING" : "ARCHIVED";
    call.state.archived.set(`${name}/${digest}`, imageStatus);
    return { imageId: { imageDigest: digest }, imageStatus };
  },
  PutImageTagMutability(call, name) {
    const filters = (call.body.imageTagMutabilityExclusionFilters ?? []) as StoredRepository["exclusions"];
    checkMutability(String(call.body.imageTagMutability), filters);
    Object.assign(find(call, name), { mutability: call.body.imageTagMutability, exclusions: filters });
    return {};
  },
  PutImageScanningConfiguration(call, name) {
    find(call, name).scanOnPush = (call.body.imageScanningConfiguration as { scanOnPush: boolean }).scanOnPush;
    return {};
  },
};

interface ImageId {
  readonly imageTag?: string;
  readonly imageDigest?: string;
}

function digestOf({ state }: Call, name: string, { imageTag = "", imageDigest }: ImageId = {}): string {
  const digest = imageDigest ?? state.stored.tags.get(`${name}:${imageTag}`) ?? "";
  if (!state.stored.manifests.has(`${name}/${digest}`)) throw missing(name);
  return digest;
}

function missing(name: string): AwsRefusal {
  return new AwsRefusal(400, "ImageNotFoundException", `The image does not exist within the repository with name '${name}'`);
}

/**
 * Only a mutability with exclusion has filters, and it must have them:
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html
 */
function checkMutability(mutability: string, filters: StoredRepository["exclusions"]): void {
  const known = ["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"].includes(mutability);
  const good =
    filters.length <= 5 && filters.every(({ filterType, filter }) => filterType === "WILDCARD" && /^[0-9a-zA-Z._*-]{1,128}$/.test(filter));
  if (!known || !good || mutability.endsWith("_WITH_EXCLUSION") !== filters.length > 0) {
    throw new AwsRefusal(400, "InvalidParameterException", "Invalid parameter at 'imageTagMutabilityExclusionFilters'");
  }
}

function encryptionOf({ encryptionConfiguration }: Body, region: string): StoredRepository["encryption"] {
  const asked = (encryptionConfiguration ?? { encryptionType: "AES256" }) as StoredRepository["encryption"];
  if (asked.encryptionType === "AES256") return { encryptionType: "AES256" };
  const key = asked.kmsKey ?? "aaaaaaaa-0000-0000-0000-000000000000";
  if (key.startsWith("ffffffff"))
    throw new AwsRefusal(400, "KmsException", "The operation failed due to a KMS exception: NotFoundException");
  return { ...asked, kmsKey: key.startsWith("arn:") ? key : `arn:aws:kms:${region}:111111111111:key/${key}` };
}

function find({ state }: Call, name: string): StoredRepository {
  const found = state.repositories.get(name);
  if (found === undefined) throw new AwsRefusal(400, "RepositoryNotFoundException", `The repository with name '${name}' does not exist`);
  return found;
}

function nameOf({ body }: Call, action: string): string | undefined {
  if (action === "GetAuthorizationToken") return undefined;
  const { repositoryName, repositoryNames, resourceArn } = body as {
    repositoryName?: string;
    repositoryNames?: string[];
    resourceArn?: string;
  };
  const name = repositoryName ?? repositoryNames?.[0] ?? resourceArn?.split(":repository/")[1];
  if (name === undefined) throw new AwsRefusal(400, "InvalidParameterException", "no repository is named");
  return name;
}

function arnOf({ state, who, body, service }: Call, name: string): string {
  const account = typeof body.registryId === "string" ? body.registryId : who.account;
  return service === "ecr"
    ? `arn:aws:ecr:${state.region}:${account}:repository/${name}`
    : `arn:aws:ecr-public::${account}:repository/${name}`;
}

function record(tags: Tags = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

function shape({ name, arn, mutability, exclusions, scanOnPush, encryption }: StoredRepository, service: Call["service"]): Body {
  if (service === "ecr-public") return { repositoryName: name, repositoryArn: arn };
  return {
    repositoryName: name,
    repositoryArn: arn,
    imageTagMutability: mutability,
    ...(exclusions.length > 0 && { imageTagMutabilityExclusionFilters: exclusions }),
    imageScanningConfiguration: { scanOnPush },
    encryptionConfiguration: encryption,
  };
}
