import { expect, test } from "vitest";
import { parseHost, repositoryArn } from "../../../src/registries/ecr/host.ts";

const account = "123456789012";

test.each([
  ["dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1", "aws", {}],
  ["dkr.ecr-fips.us-east-2.amazonaws.com", "us-east-2", "aws", { useFipsEndpoint: true }],
  ["dkr-ecr.eu-west-1.on.aws", "eu-west-1", "aws", { useDualstackEndpoint: true }],
  ["dkr-ecr-fips.us-east-2.on.aws", "us-east-2", "aws", { useFipsEndpoint: true, useDualstackEndpoint: true }],
  ["dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "aws-us-gov", { useFipsEndpoint: true }],
  ["dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", "aws-cn", {}],
  ["dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "aws-eusc", {}],
  ["dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "aws-iso", {}],
  ["dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "aws-iso-b", {}],
  ["dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", "aws-iso-e", {}],
  ["dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", "aws-iso-f", {}],
])("%s is a registry of %s in %s", (host, region, partition, endpoint) => {
  const registry = parseHost(`${account}.${host}`);
  expect(registry).toEqual({ kind: "private", account, region, endpoint });
  expect(repositoryArn(registry!, "acme/app")).toBe(`arn:${partition}:ecr:${region}:${account}:repository/acme/app`);
});

test.each([
  "ghcr.io",
  "dkr.ecr.eu-west-1.amazonaws.com",
  "12345.dkr.ecr.eu-west-1.amazonaws.com",
  `${account}.dkr.ecr.eu-west-1.amazonaws.com.example.com`,
  `${account}.dkr.ecr.eu-west-1.amazonaws.com.cn`,
  `${account}.dkr.ecr.cn-north-1.amazonaws.com`,
  `${account}.dkr-ecr.eu-west-1.amazonaws.com`,
  `${account}.dkr.ecr.eu-west-1.amazonaws.com:443`,
  `x.${account}.dkr.ecr.eu-west-1.amazonaws.com`,
  "public.ecr.aws.example.com",
])("%s is none of ECR's", (host) => {
  expect(parseHost(host)).toBeUndefined();
});

test("The public gallery is one registry, whose aliases no ARN has", () => {
  const registry = parseHost("public.ecr.aws");
  expect(registry).toEqual({ kind: "public", region: "us-east-1" });
  expect(repositoryArn(registry!, "acme/tools/app")).toBe("arn:aws:ecr-public::*:repository/tools/app");
});

test("A host of one's own is the registry that it was said to be", () => {
  const settings = { "ecr.example.com:8443": { account, region: "eu-west-1" } };
  expect(parseHost("ecr.example.com:8443", settings)).toEqual({ kind: "private", account, region: "eu-west-1", endpoint: {} });
});
