import { expect, test } from "vitest";
import { ecrPolicy, eksTrustPolicy, githubTrustPolicy } from "../../../src/registries/ecr/iam-policy.ts";

const account = "123456789012";
const app = `arn:aws:ecr:eu-west-1:${account}:repository/acme/app`;

test("a policy for reading covers the run's repositories alone", () => {
  expect(ecrPolicy([app, app], ["registry:pull", "contents:read"])).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Login", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
      {
        Sid: "Repositories",
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:ListImages"],
        Resource: [app],
      },
    ],
  });
});

test("a policy for creating repositories covers their settings, and their keys through ECR", () => {
  expect(ecrPolicy([app], ["registry:create"])).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Login", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
      {
        Sid: "Repositories",
        Effect: "Allow",
        Action: [
          "ecr:CreateRepository",
          "ecr:DescribeRepositories",
          "ecr:GetLifecyclePolicy",
          "ecr:GetRepositoryPolicy",
          "ecr:ListTagsForResource",
          "ecr:PutImageScanningConfiguration",
          "ecr:PutImageTagMutability",
          "ecr:PutLifecyclePolicy",
          "ecr:SetRepositoryPolicy",
          "ecr:TagResource",
        ],
        Resource: [app],
      },
      {
        Sid: "Keys",
        Effect: "Allow",
        Action: ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"],
        Resource: "*",
        Condition: { StringLike: { "kms:ViaService": "ecr.*" } },
      },
    ],
  });
});

test("a policy for the public gallery has actions of its own", () => {
  expect(ecrPolicy(["arn:aws:ecr-public::*:repository/app"], ["registry:pull", "registry:push"])).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Login",
        Effect: "Allow",
        Action: ["ecr:GetAuthorizationToken", "ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"],
        Resource: "*",
      },
      {
        Sid: "PublicRepositories",
        Effect: "Allow",
        Action: [
          "ecr-public:BatchCheckLayerAvailability",
          "ecr-public:CompleteLayerUpload",
          "ecr-public:InitiateLayerUpload",
          "ecr-public:PutImage",
          "ecr-public:UploadLayerPart",
        ],
        Resource: ["arn:aws:ecr-public::*:repository/app"],
      },
    ],
  });
});

test("the largest policy of a run fits into the 2048 characters of a session policy", () => {
  const arns = ["app", "app-worker", "app-migrations"].map((name) => `arn:aws:ecr:eu-central-1:${account}:repository/platform/${name}`);
  expect(JSON.stringify(ecrPolicy(arns, ["registry:create", "registry:pull", "registry:push"])).length).toBeLessThan(2048);
});

test("a GitHub Actions job gets both formats of its subject if the IDs are known", () => {
  const subject = { repository: "acme/app", ids: { owner: "11", repository: "22" }, context: "ref:refs/heads/main" };
  expect(githubTrustPolicy(account, subject)).toEqual({
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

test("a service account of EKS is named by its cluster and its name", () => {
  expect(eksTrustPolicy(account, "oidc.eks.eu-west-1.amazonaws.com/id/ABC", "ci/release", "aws-cn")).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:aws-cn:iam::${account}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com",
            "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:ci:release",
          },
        },
      },
    ],
  });
});
