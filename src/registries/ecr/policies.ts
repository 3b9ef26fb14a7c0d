import { z } from "zod";
import type { FieldMeta } from "../../core/run/input.ts";
import type { NeededPolicy, PolicyAsk, RegistryPolicies } from "../../core/registry/registry-kind.ts";
import type { RegistryIdentity } from "../../core/registry/registry.ts";
import type { AccessFields } from "./fields.ts";
import { parseHost, partitionOf, repositoryArn, type EcrRegistry } from "./host.ts";
import { ecrPolicy, eksTrustPolicy, githubSubjects, githubTrustPolicy, type GitHubSubject } from "./iam-policy.ts";
import type { EcrSettings } from "./settings.ts";

const fields = {
  githubRepository: z
    .string()
    .regex(/^[\w.-]+(@\d+)?\/[\w.-]+(@\d+)?$/, { error: ({ input }) => `"${String(input)}" is not OWNER/NAME or OWNER@ID/NAME@ID` })
    .optional()
    .describe("let jobs of this GitHub repository assume the role, as OWNER/NAME or OWNER@ID/NAME@ID")
    .meta({ byDefault: "in a job, its own repository", placeholder: "OWNER/NAME" } satisfies FieldMeta),
  githubContext: z
    .string()
    .min(1)
    .default("ref:refs/heads/main")
    .describe("let only these jobs of it assume the role, by the end of GitHub's subject, such as environment:production")
    .meta({ placeholder: "SUBJECT" } satisfies FieldMeta),
  eksIssuer: z
    .string()
    .min(1)
    .optional()
    .describe("let pods of the EKS cluster with this OpenID Connect issuer assume the role")
    .meta({ placeholder: "URL" } satisfies FieldMeta),
  serviceAccount: z
    .string()
    .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, { error: ({ input }) => `"${String(input)}" is not NAMESPACE/NAME` })
    .default("fairlead/fairlead")
    .describe("let only pods of this service account assume the role, as NAMESPACE/NAME")
    .meta({ placeholder: "NAMESPACE/NAME" } satisfies FieldMeta),
};

type Values = z.output<z.ZodObject<typeof fields>> & AccessFields;

/** The policies of IAM that a role needs. */
export const ecrPolicies: RegistryPolicies<EcrSettings> = { fields, list };

function list({ image, permissions, input, identity, settings, env }: PolicyAsk<EcrSettings>): readonly NeededPolicy[] {
  const registry = parseHost(image.registry, settings);
  if (registry === undefined) return [];
  const values = input as Values;
  const partition = partitionOf(registry);
  const account = accountOf(registry, values, identity);
  const subject = subjectOf(values, env);
  const issuer = values.eksIssuer?.replace(/^https:\/\//, "");
  return [
    {
      title: "what the role may do",
      advice: "attach this policy to the role; a run that assumes it by --aws-role gives up all but its own repositories",
      policy: ecrPolicy([repositoryArn(registry, image.repository)], permissions),
    },
    ...(subject === undefined
      ? []
      : [
          {
            title: `who may be the role: jobs of GitHub Actions in ${subject.repository}`,
            advice: `make this the role's trust policy, and give the job the permission id-token: write. ${explainSubjects(subject)}`,
            policy: githubTrustPolicy(account, subject, partition),
          },
        ]),
    ...(issuer === undefined
      ? []
      : [
          {
            title: `who may be the role: pods of EKS with the service account ${values.serviceAccount}`,
            advice: "make this the role's trust policy, and annotate the service account with eks.amazonaws.com/role-arn",
            policy: eksTrustPolicy(account, issuer, values.serviceAccount, partition),
          },
        ]),
  ];
}

/** The role is of its own account; a public registry's is ours. */
function accountOf(registry: EcrRegistry, { awsRole }: Values, identity: RegistryIdentity | undefined): string {
  if (awsRole !== undefined) return awsRole.split(":")[4] ?? "";
  return registry.kind === "private" ? registry.account : (identity?.account ?? "ACCOUNT");
}

/** A job of GitHub Actions knows its repository: https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function subjectOf({ githubRepository, githubContext }: Values, env: PolicyAsk["env"]): GitHubSubject | undefined {
  const { GITHUB_REPOSITORY, GITHUB_REPOSITORY_ID = "", GITHUB_REPOSITORY_OWNER_ID = "" } = env;
  const [, owner, ownerId = "", name, nameId = ""] =
    /^([^@/]+)(?:@(\d*))?\/([^@]+)(?:@(\d*))?$/.exec(githubRepository ?? GITHUB_REPOSITORY ?? "") ?? [];
  if (owner === undefined || name === undefined) return undefined;
  const [first, second] = githubRepository === undefined ? [GITHUB_REPOSITORY_OWNER_ID, GITHUB_REPOSITORY_ID] : [ownerId, nameId];
  const ids = first === "" || second === "" ? undefined : { owner: first, repository: second };
  return { repository: `${owner}/${name}`, ids, context: githubContext };
}

/** A policy of the one format does not fit a token of the other, and AWS says only that it is not allowed. */
function explainSubjects(subject: GitHubSubject): string {
  const [byName, byId] = githubSubjects(subject);
  const { repository } = subject;
  const form = "repo:OWNER@ID/NAME@ID";
  if (byId !== undefined) return `GitHub's tokens say ${byName}, or, for repositories made after 2026-07-15, ${byId}`;
  return (
    `GitHub's tokens say ${byName}, but those of repositories made after 2026-07-15 begin with ${form}: add the IDs by ` +
    `--github-repository, which \`gh api repos/${repository} --jq '[.owner.id, .id]'\` tells`
  );
}
