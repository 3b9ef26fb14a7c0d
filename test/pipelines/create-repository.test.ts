import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead, type Ended } from "../cli.ts";
import { account, region, startAws, subject, type Aws } from "../doubles/aws.ts";

const role = `arn:aws:iam::${account}:role/release`;
const key = `arn:aws:kms:${region}:${account}:key/11111111-2222-3333-4444-555555555555`;
const lifecyclePolicy = {
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 },
      action: { type: "expire" },
    },
  ],
};
const repositoryPolicy = {
  Version: "2012-10-17",
  Statement: [{ Sid: "pull", Effect: "Allow", Principal: { AWS: "arn:aws:iam::222222222222:root" }, Action: ["ecr:BatchGetImage"] }],
};

let aws: Aws;
let home: string;
beforeAll(async () => {
  aws = await startAws({ roles: { [role]: [subject] } });
  home = await mkdtemp(join(tmpdir(), "fairlead-aws-"));
});
afterAll(async () => {
  await aws.stop();
  await rm(home, { recursive: true, force: true });
});

function create(name: string, ...more: readonly string[]): Promise<Ended> {
  return fairlead(["create-repository", `${aws.host}/${name}`, "--json", ...more], aws.env);
}

function result(ended: Ended): unknown {
  return ended.code === 0 ? JSON.parse(ended.stdout) : ended;
}

function shown({ stderr }: Ended): string[] {
  return stderr.replaceAll(aws.host, "HOST").split("\n").filter(Boolean);
}

test("create-repository plans, then creates a repository with all settings", async () => {
  const policy = join(home, "lifecycle.json");
  await writeFile(policy, JSON.stringify(lifecyclePolicy, null, 2));
  const flags = [
    ...["--tag-mutability", "IMMUTABLE", "--tag-mutability-exclusion", "dev-*", "--scan-on-push", "--encryption", "KMS", "--kms-key", key],
    ...["--lifecycle-policy", policy, "--repository-policy", JSON.stringify(repositoryPolicy), "--repository-tag", "team=a"],
  ];
  const planned = await create("acme/all", "--dry-run", ...flags);
  expect(planned.code).toBe(0);
  expect((JSON.parse(planned.stdout) as { plan: unknown }).plan).toMatchObject([
    { step: "create-repository", changes: [{ target: `${aws.host}/acme/all`, action: "create" }] },
  ]);
  expect(aws.repository("acme/all")).toBeUndefined();
  const expected = {
    repository: `${aws.host}/acme/all`,
    arn: `arn:aws:ecr:${region}:${account}:repository/acme/all`,
    tagMutability: "IMMUTABLE_WITH_EXCLUSION",
    tagMutabilityExclusions: ["dev-*"],
    scanOnPush: true,
    encryption: "KMS",
    kmsKey: key,
    lifecyclePolicy,
    repositoryPolicy,
    tags: { team: "a" },
  };
  expect(result(await create("acme/all", ...flags))).toEqual(expected);
  const before = aws.calls.length;
  const again = await create("acme/all", ...flags);
  expect([result(again), aws.calls.slice(before).filter((call) => !/\.(Describe|Get|List)/.test(call))]).toEqual([expected, []]);
  expect(again.stderr).not.toContain("warning");
});

test("create-repository reports differences, changes them on request, and says what cannot change", async () => {
  await create("acme/differs", "--repository-tag", "owner=b");
  const flags = [
    ...["--tag-mutability", "IMMUTABLE", "--scan-on-push", "--encryption", "KMS", "--repository-tag", "team=a"],
    ...["--lifecycle-policy", JSON.stringify(lifecyclePolicy)],
  ];
  const told = await create("acme/differs", ...flags);
  expect(shown(told).filter((line) => line.startsWith("warning"))).toMatchInlineSnapshot(`
    [
      "warning: HOST/acme/differs: tag mutability is MUTABLE, not IMMUTABLE: left as it is, update changes it",
      "warning: HOST/acme/differs: scan on push is false, not true: left as it is, update changes it",
      "warning: HOST/acme/differs: encryption is AES256, not KMS: it cannot be changed, only another repository can have it",
      "warning: HOST/acme/differs: lifecycle policy is (none), not {"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}: left as it is, update changes it",
      "warning: HOST/acme/differs: tags is (none), not {"team":"a"}: left as it is, update changes it",
    ]
  `);
  expect(result(told)).toMatchObject({ tagMutability: "MUTABLE", scanOnPush: false, lifecyclePolicy: null, tags: { owner: "b" } });
  const changed = await create("acme/differs", "--update", ...flags);
  expect(shown(changed).filter((line) => line.startsWith("warning"))).toMatchInlineSnapshot(`
    [
      "warning: HOST/acme/differs: encryption is AES256, not KMS: it cannot be changed, only another repository can have it",
    ]
  `);
  expect(result(changed)).toMatchObject({
    tagMutability: "IMMUTABLE",
    scanOnPush: true,
    encryption: "AES256",
    lifecyclePolicy,
    tags: { owner: "b", team: "a" },
  });
});

test("two concurrent create-repository runs both succeed", async () => {
  const both = await Promise.all([1, 2].map(() => create("acme/both", "--tag-mutability", "IMMUTABLE")));
  expect(both.map(result)).toMatchObject([{ tagMutability: "IMMUTABLE" }, { tagMutability: "IMMUTABLE" }]);
});

test("a repository that is created between plan and apply is used as it is", async () => {
  aws.fail(1, "ECR.CreateRepository", 400, "RepositoryAlreadyExistsException");
  expect(result(await create("acme/raced"))).toMatchObject({ repository: `${aws.host}/acme/raced` });
});

test("a GitHub Actions job creates a repository as a role, and prints nothing secret", async () => {
  const ended = await fairlead(
    ["create-repository", `${aws.host}/acme/role`, "--aws-role", role, "--aws-account", account, "--verbose"],
    aws.githubEnv,
  );
  expect(ended.code).toBe(0);
  expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/canary/);
});

test.each([
  ["acme/bad:1.0", [], "input", "it is a repository alone"],
  ["acme/bad", ["--tag-mutability-exclusion", "dev-*"], "input", "there is no tag mutability to exclude them from"],
  ["acme/bad", ["--tag-mutability", "IMMUTABLE", "--tag-mutability-exclusion", "a*b*c*"], "input", "is not a filter"],
  ["acme/bad", ["--kms-key", key], "input", "it is for the encryption KMS"],
  ["acme/bad", ["--encryption", "KMS", "--kms-key", "alias/app"], "input", "is not the ARN or ID of a KMS key"],
  ["acme/bad", ["--encryption", "KMS", "--kms-key", "ffffffff-2222-3333-4444-555555555555"], "input", "KMS refuses the key"],
  ["acme/bad", ["--lifecycle-policy", "/no/such/file"], "input", "neither a JSON object nor a file that can be read (ENOENT)"],
  ["acme/bad", ["--lifecycle-policy", "{"], "input", "it is not JSON"],
  ["acme/bad", ["--aws-role", "release"], "input", "is not the ARN of an IAM role"],
  ["acme/bad", ["--aws-account", "1"], "input", "is not an AWS account"],
] as const)("create-repository refuses %s %j", async (name, flags, code, message) => {
  const { error } = JSON.parse((await create(name, ...flags)).stdout) as { error: { code: string; message: string } };
  expect([error.code, error.message.includes(message)]).toEqual([code, true]);
  expect(aws.repository("acme/bad")).toBeUndefined();
});

test("create-repository is refused by a registry that creates repositories on push", async () => {
  const { code, stderr } = await fairlead(["create-repository", "ghcr.io/acme/app"], {});
  expect([code, stderr.trim().split("\n").slice(-2)]).toEqual([
    6,
    [
      "fairlead: create repository ghcr.io/acme/app: not supported by ghcr.io, which creates repositories on the first push",
      "hint: push without --create-repository",
    ],
  ]);
});
