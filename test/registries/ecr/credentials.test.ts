import { expect, test } from "vitest";
import { credentialSource, describeSource } from "../../../src/registries/ecr/credentials.ts";

const role = "arn:aws:iam::123456789012:role/release";
const podRole = "arn:aws:iam::123456789012:role/pod";
const job = { ACTIONS_ID_TOKEN_REQUEST_URL: "https://token.example/?api-version=2.0", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t" };
const pod = { AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token", AWS_ROLE_ARN: podRole };

test.each([
  ["nothing", undefined, {}, "the default chain"],
  ["a role", role, {}, `the default chain, for ${role}`],
  ["a job of GitHub Actions", undefined, job, "the default chain"],
  ["a role, in a job of GitHub Actions", role, job, `GitHub's identity token, for ${role}`],
  ["a role, in a job that signed in before", role, { ...job, AWS_ACCESS_KEY_ID: "AKIA" }, `the default chain, for ${role}`],
  ["a role, in a job with a profile", role, { ...job, AWS_PROFILE: "release" }, `the default chain, for ${role}`],
  ["a role, in a job that may not have tokens", role, { ...job, ACTIONS_ID_TOKEN_REQUEST_URL: "" }, `the default chain, for ${role}`],
  ["a pod of EKS", undefined, pod, `the identity token in /var/run/token, for ${podRole}`],
  ["its own role, in a pod of EKS", podRole, pod, `the identity token in /var/run/token, for ${podRole}`],
  ["another role, in a pod of EKS", role, pod, `the default chain, for ${role}`],
  ["a role, with a token file that names none", role, { ...pod, AWS_ROLE_ARN: "" }, `the identity token in /var/run/token, for ${role}`],
  ["a token file without any role", undefined, { ...pod, AWS_ROLE_ARN: "" }, "the default chain"],
  ["a pod of EKS with keys", undefined, { ...pod, AWS_ACCESS_KEY_ID: "AKIA" }, "the default chain"],
])("credentials with %s come from the right source", (_, asked, env, expected) => {
  expect(describeSource(credentialSource(asked, env))).toBe(expected);
});
