import { z } from "zod";
import { parseHost, partitionOf, repositoryArn, type EcrRegistry } from "../core/aws/ecr-host.ts";
import { asFairleadError, FairleadError } from "../core/errors.ts";
import {
  ecrPolicy,
  eksTrustPolicy,
  githubSubjects,
  githubTrustPolicy,
  type GitHubSubject,
  type IamPolicy,
} from "../core/aws/iam-policy.ts";
import { image } from "../core/run/input.ts";
import { parseInput } from "../core/run/pipeline.ts";
import { awsFields, awsSettings } from "../core/run/registry-fields.ts";
import type { RegistryIdentity } from "../core/registry/registry.ts";
import type { CommandBody, Output, Session } from "./command.ts";
import { failureJson, failureOf } from "./failure.ts";
import { fieldsOf } from "../core/run/fields.ts";
import { plainText } from "./progress/workflow-command.ts";
import { inputOf } from "./run-pipeline.ts";

const input = z.object({
  image: image().describe("repository to ask for, as HOST/REPOSITORY").meta({ positional: 1 }),
  ...awsFields,
  githubRepository: z
    .string()
    .regex(/^[\w.-]+(@\d+)?\/[\w.-]+(@\d+)?$/, { error: ({ input }) => `"${String(input)}" is not OWNER/NAME or OWNER@ID/NAME@ID` })
    .optional()
    .describe("repository of GitHub whose jobs are to be the role, as OWNER/NAME or OWNER@ID/NAME@ID; in a job, its own"),
  githubContext: z
    .string()
    .min(1)
    .default("ref:refs/heads/main")
    .describe("which of its jobs, as GitHub's subject ends: environment:production"),
  eksIssuer: z.string().min(1).optional().describe("OpenID Connect issuer of the EKS cluster whose pods are to be the role"),
  serviceAccount: z
    .string()
    .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, { error: ({ input }) => `"${String(input)}" is not NAMESPACE/NAME` })
    .default("fairlead/fairlead")
    .describe("service account of those pods, as NAMESPACE/NAME"),
});

type Values = z.output<typeof input>;

/** What is said to IAM, and why. */
interface Needed {
  readonly title: string;
  /** What to do with it. */
  readonly advice: string;
  readonly policy: IamPolicy;
}

const permissions = ["registry:pull", "registry:push", "registry:create"] as const;

/** `fairlead doctor aws`: who we are at AWS, and the policies that a role needs. They are printed where nobody is anybody yet, too. */
export const doctorAwsBody: CommandBody = {
  flags: fieldsOf(input),
  async run(session, given) {
    const values = parseInput("doctor", input, await inputOf(doctorAwsBody.flags, given, session));
    const { openRun } = await import("../wire.ts");
    await using open = openRun({ ...session, dryRun: true });
    const registry = parseHost(values.image.registry, open.options.servers);
    if (registry === undefined) {
      throw new FairleadError("input", `doctor: ${values.image.registry} is no registry of ECR`, {
        hint: "give a repository such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app",
      });
    }
    const aws = { ...awsSettings(values), images: [values.image], needs: permissions, session: `fairlead-${open.options.id}` };
    const ports = open.options.ports([], aws);
    const asked = await Promise.allSettled([ports.registry(values.image.registry).identity?.(values.image)]);
    const [who] = asked;
    const identity = who.status === "fulfilled" ? who.value : undefined;
    const account = accountOf(registry, values, identity);
    const needed = policiesOf(registry, values, account, session.io.env);
    return outputOf(identity, who.status === "rejected" ? asFairleadError(who.reason) : undefined, needed, session);
  },
};

/** The role is of its own account; a public registry's is ours. */
function accountOf(registry: EcrRegistry, { awsRole }: Values, identity: RegistryIdentity | undefined): string {
  if (awsRole !== undefined) return awsRole.split(":")[4] ?? "";
  return registry.kind === "private" ? registry.account : (identity?.account ?? "ACCOUNT");
}

function policiesOf(registry: EcrRegistry, values: Values, account: string, env: Session["io"]["env"]): readonly Needed[] {
  const partition = partitionOf(registry);
  const subject = subjectOf(values, env);
  const issuer = values.eksIssuer?.replace(/^https:\/\//, "");
  return [
    {
      title: "what the role may do",
      advice: "attach this policy to the role; a run that assumes it by --aws-role gives up all but its own repositories",
      policy: ecrPolicy([repositoryArn(registry, values.image.repository)], permissions),
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

/** A job of GitHub Actions knows its repository: https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function subjectOf({ githubRepository, githubContext }: Values, env: Session["io"]["env"]): GitHubSubject | undefined {
  const { GITHUB_REPOSITORY, GITHUB_REPOSITORY_ID = "", GITHUB_REPOSITORY_OWNER_ID = "" } = env;
  const [, owner, ownerId = "", name, nameId = ""] =
    /^([^@/]+)@?(\d*)\/([^@]+)@?(\d*)$/.exec(githubRepository ?? GITHUB_REPOSITORY ?? "") ?? [];
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

function outputOf(
  identity: RegistryIdentity | undefined,
  failure: FairleadError | undefined,
  needed: readonly Needed[],
  { io }: Session,
): Output {
  const who =
    identity === undefined ? `nobody: ${failure?.message ?? ""}` : `${identity.arn} in account ${identity.account}, by ${identity.source}`;
  const blocks = needed.map(({ title, advice, policy }) => `${title}\n→ ${advice}\n${JSON.stringify(policy, null, 2)}`);
  const error = failure === undefined ? null : failureJson(failureOf(failure, "doctor", [])).error;
  return {
    json: { identity: identity === undefined ? null : { ...identity }, policies: needed.map((each) => ({ ...each })), error },
    text: plainText([`who we are: ${who}`, ...blocks].join("\n\n"), io.env),
    ...(failure === undefined ? {} : { failure }),
  };
}
