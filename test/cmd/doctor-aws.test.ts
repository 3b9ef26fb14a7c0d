import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { account, region, startAws, subject, type Aws } from "../doubles/aws.ts";

const role = `arn:aws:iam::${account}:role/release`;
let aws: Aws;
beforeAll(async () => {
  aws = await startAws({ roles: { [role]: [subject] } });
});
afterAll(() => aws.stop());

interface Told {
  readonly identity: unknown;
  readonly policies: readonly { readonly title: string; readonly advice: string; readonly policy: unknown }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

async function doctor(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Told & { readonly exit: number | null }> {
  const { code, stdout, stderr } = await fairlead(["doctor", "aws", `${aws.host}/acme/app`, "--json", ...args], env);
  expect(stdout + stderr).not.toContain("canary");
  return { exit: code, ...(JSON.parse(stdout) as Told) };
}

test("doctor aws prints the identity of a GitHub Actions job, and both subjects to trust", async () => {
  const job = { GITHUB_REPOSITORY: "acme/app", GITHUB_REPOSITORY_ID: "22", GITHUB_REPOSITORY_OWNER_ID: "11" };
  const told = await doctor(["--aws-role", role], { ...aws.githubEnv, ...job });
  expect([told.exit, told.error, told.identity]).toEqual([
    0,
    null,
    { account, arn: expect.stringMatching(/:assumed-role\/release\/fairlead-/) as string, source: `GitHub's identity token, for ${role}` },
  ]);
  expect(told.policies.map(({ title, advice }) => [title, advice])).toMatchInlineSnapshot(`
    [
      [
        "what the role may do",
        "attach this policy to the role; a run that assumes it by --aws-role gives up all but its own repositories",
      ],
      [
        "who may be the role: jobs of GitHub Actions in acme/app",
        "make this the role's trust policy, and give the job the permission id-token: write. GitHub's tokens say repo:acme/app:ref:refs/heads/main, or, for repositories made after 2026-07-15, repo:acme@11/app@22:ref:refs/heads/main",
      ],
    ]
  `);
  expect(told.policies[1]?.policy).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
          StringLike: {
            "token.actions.githubusercontent.com:sub": ["repo:acme/app:ref:refs/heads/main", "repo:acme@11/app@22:ref:refs/heads/main"],
          },
        },
      },
    ],
  });
});

test("doctor aws says how to find unknown GitHub IDs", async () => {
  const told = await doctor(["--github-repository", "acme/app", "--github-context", "environment:production"], aws.env);
  expect(told.policies[1]?.advice).toMatchInlineSnapshot(
    `"make this the role's trust policy, and give the job the permission id-token: write. GitHub's tokens say repo:acme/app:environment:production, but those of repositories made after 2026-07-15 begin with repo:OWNER@ID/NAME@ID: add the IDs by --github-repository, which \`gh api repos/acme/app --jq '[.owner.id, .id]'\` tells"`,
  );
});

test("doctor aws prints the trust policy for pods of EKS", async () => {
  const issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC";
  const told = await doctor(["--eks-issuer", issuer, "--service-account", "ci/release"], aws.env);
  expect(told.policies.map(({ title }) => title)).toEqual([
    "what the role may do",
    "who may be the role: pods of EKS with the service account ci/release",
  ]);
  expect(JSON.stringify(told.policies[1]?.policy)).toContain(
    '"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:ci:release"',
  );
});

test("doctor aws without credentials suggests a fix, and still prints the policies", async () => {
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = aws.env;
  const none = { AWS_CONFIG_FILE: "/no/such", AWS_SHARED_CREDENTIALS_FILE: "/no/such" };
  const { code, stdout, stderr } = await fairlead(["doctor", "aws", `${aws.host}/acme/app`], { ...env, ...none });
  expect([code, stdout.split("\n").slice(0, 2), stderr]).toEqual([
    3,
    [
      "who we are: nobody: ask AWS who we are: there are no AWS credentials",
      "→ name a role with --aws-role, set AWS_PROFILE, or sign in with aws sso login",
    ],
    "",
  ]);
  expect(stdout).toContain(`"arn:aws:ecr:${region}:${account}:repository/acme/app"`);
});

test("doctor aws refuses a host that is not ECR's", async () => {
  const { code, stderr } = await fairlead(["doctor", "aws", "ghcr.io/acme/app"], aws.env);
  expect([code, stderr.split("\n")[0]]).toEqual([2, "fairlead: doctor: ghcr.io is no registry of ECR"]);
});
