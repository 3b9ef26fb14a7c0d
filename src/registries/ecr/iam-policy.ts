import type { PermissionNames } from "../../core/adapter.ts";
import type { Permission } from "../../core/permission.ts";

/** A policy of IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export type IamPolicy = { readonly Version: "2012-10-17"; readonly Statement: readonly IamStatement[] };

/** One statement of a policy: all that is in it holds together. */
export type IamStatement = {
  readonly Sid?: string;
  readonly Effect: "Allow";
  readonly Principal?: { readonly Federated: string };
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html */
const actions: PermissionNames = {
  "registry:pull": ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer", "ListImages"],
  "registry:push": ["CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart"],
  "registry:create": [
    "CreateRepository",
    "DescribeRepositories",
    "GetLifecyclePolicy",
    "GetRepositoryPolicy",
    "ListTagsForResource",
    "PutImageScanningConfiguration",
    "PutImageTagMutability",
    "PutLifecyclePolicy",
    "SetRepositoryPolicy",
    "TagResource",
  ],
  "registry:restore": ["DescribeImages", "UpdateImageStorageClass"],
};

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistrypublic.html */
const publicActions: PermissionNames = {
  "registry:pull": ["BatchCheckLayerAvailability"],
  "registry:push": ["CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart"],
  "registry:create": [
    "CreateRepository",
    "DescribeRepositories",
    "GetRepositoryPolicy",
    "ListTagsForResource",
    "SetRepositoryPolicy",
    "TagResource",
  ],
};

/** The IAM actions of each permission at a private registry. */
export const ecrPermissions: PermissionNames = Object.fromEntries(
  Object.entries(actions).map(([permission, names]) => [permission, names.map((name) => `ecr:${name}`)]),
);

/**
 * Returns the policy that allows these permissions at repositories of ECR, named by their ARNs, and nothing else. A token is
 * not for one repository, so that alone is for all: https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_id-based-policy-examples.html
 */
export function ecrPolicy(repositories: readonly string[], permissions: readonly Permission[]): IamPolicy {
  const isPublic = (arn: string): boolean => arn.split(":")[2] === "ecr-public";
  const own = repositories.filter((arn) => !isPublic(arn));
  const gallery = repositories.filter(isPublic);
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Login", Effect: "Allow", Action: loginActions(gallery.length > 0), Resource: "*" },
      ...allow("Repositories", "ecr", actions, own, permissions),
      ...allow("PublicRepositories", "ecr-public", publicActions, gallery, permissions),
      ...(own.length > 0 && permissions.includes("registry:create") ? [keys] : []),
    ],
  };
}

/** The statement needed to encrypt a repository with a KMS key: https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html */
const keys: IamStatement = {
  Sid: "Keys",
  Effect: "Allow",
  Action: ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"],
  Resource: "*",
  Condition: { StringLike: { "kms:ViaService": "ecr.*" } },
};

function loginActions(gallery: boolean): readonly string[] {
  return ["ecr:GetAuthorizationToken", ...(gallery ? ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"] : [])];
}

function allow(
  sid: string,
  service: string,
  table: PermissionNames,
  arns: readonly string[],
  permissions: readonly Permission[],
): readonly IamStatement[] {
  const names = permissions.flatMap((each) => table[each] ?? []).sort();
  if (arns.length === 0 || names.length === 0) return [];
  return [{ Sid: sid, Effect: "Allow", Action: names.map((name) => `${service}:${name}`), Resource: [...new Set(arns)] }];
}

/** GitHub's issuer of tokens, without its scheme, as IAM names it. */
const githubIssuer = "token.actions.githubusercontent.com";

/** A repository of GitHub whose jobs may be the role, and which of them. */
export interface GitHubSubject {
  /** `acme/app`. */
  readonly repository: string;
  /** The IDs of owner and repository; undefined where they are not known. */
  readonly ids: { readonly owner: string; readonly repository: string } | undefined;
  /** `ref:refs/heads/main`, `environment:production`, `pull_request`, or a pattern of them. */
  readonly context: string;
}

/**
 * Returns the subjects of a repository's tokens in both formats of GitHub's: that of names, and that of names with their IDs, which
 * repositories have that were made after 2026-07-15 or asked for it. No pattern stands for an ID: what an environment is called may
 * hold any text, and a pattern would take it for the name of the repository.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export function githubSubjects({ repository, ids, context }: GitHubSubject): readonly string[] {
  const [owner = "", name = ""] = repository.split("/");
  const withIds = ids === undefined ? [] : [`repo:${owner}@${ids.owner}/${name}@${ids.repository}:${context}`];
  return [`repo:${owner}/${name}:${context}`, ...withIds];
}

/** Returns the trust policy of a role that jobs of GitHub Actions assume. */
export function githubTrustPolicy(account: string, subject: GitHubSubject, partition = "aws"): IamPolicy {
  return federated(`arn:${partition}:iam::${account}:oidc-provider/${githubIssuer}`, {
    StringEquals: { [`${githubIssuer}:aud`]: "sts.amazonaws.com" },
    StringLike: { [`${githubIssuer}:sub`]: githubSubjects(subject) },
  });
}

/**
 * Returns the trust policy of a role that pods of EKS assume by their service account. `issuer` is the cluster's, without its scheme.
 * https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
 */
export function eksTrustPolicy(account: string, issuer: string, serviceAccount: string, partition = "aws"): IamPolicy {
  return federated(`arn:${partition}:iam::${account}:oidc-provider/${issuer}`, {
    StringEquals: {
      [`${issuer}:aud`]: "sts.amazonaws.com",
      [`${issuer}:sub`]: `system:serviceaccount:${serviceAccount.replace("/", ":")}`,
    },
  });
}

function federated(provider: string, condition: NonNullable<IamStatement["Condition"]>): IamPolicy {
  const statement = { Effect: "Allow", Principal: { Federated: provider }, Action: "sts:AssumeRoleWithWebIdentity" } as const;
  return { Version: "2012-10-17", Statement: [{ ...statement, Condition: condition }] };
}
