import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { adapterKinds } from "../src/adapters.ts";
import { notifierResource } from "../src/core/credential.ts";
import { createCredentials } from "../src/core/credentials.ts";
import { createRedactor } from "../src/core/secret.ts";
import { environmentCredentials, environmentServers } from "../src/environment.ts";

/** All variables that the kinds of adapters document. */
const variables = adapterKinds.flatMap(({ environment = {} }) =>
  [environment.token ?? [], Object.values(environment.settings ?? {})].flat(),
);

beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

test("an empty environment names no servers and no credentials", () => {
  expect(variables.length).toBeGreaterThan(4);
  expect(environmentServers()).toEqual({ settings: {}, plainHttp: [] });
  expect(environmentCredentials(environmentServers(), createRedactor())).toEqual([]);
});

test("Documented variables are credentials, each for its own place", async () => {
  for (const name of ["GITHUB_SERVER_URL", "GITHUB_TOKEN"]) vi.stubEnv(name, undefined);
  vi.stubEnv("SLACK_BOT_TOKEN", "");
  expect(environmentCredentials(environmentServers(), createRedactor())).toEqual([]);
  vi.stubEnv("GITHUB_TOKEN", "ghs_1");
  vi.stubEnv("SLACK_BOT_TOKEN", "xoxb-1");
  vi.stubEnv("GITHUB_SERVER_URL", "https://github.example.com");
  const found = environmentCredentials(environmentServers(), createRedactor()).map(async (each) => [
    each.for,
    each.kind,
    each.secret.name,
    await each.secret.reveal(),
  ]);
  expect(await Promise.all(found)).toEqual([
    ["github.example.com", "token", "GITHUB_TOKEN", "ghs_1"],
    ["notifier:slack", "token", "SLACK_BOT_TOKEN", "xoxb-1"],
  ]);
});

test("Hosts of ECR under other names are read from the environment, and what cannot be read is refused", () => {
  vi.stubEnv("FAIRLEAD_ECR_HOSTS", "ECR.example.com=123456789012/eu-west-1, 127.0.0.1:4566=000000000000/us-east-1,");
  expect(environmentServers().settings.ecr).toEqual({
    "ecr.example.com": { account: "123456789012", region: "eu-west-1" },
    "127.0.0.1:4566": { account: "000000000000", region: "us-east-1" },
  });
  vi.stubEnv("FAIRLEAD_ECR_HOSTS", "ecr.example.com=eu-west-1");
  expect(() => environmentServers()).toThrow('read FAIRLEAD_ECR_HOSTS: "ecr.example.com=eu-west-1" is not HOST=ACCOUNT/REGION');
});

test("a GitHub of one's own is told by a job's variables, and its API alone says nothing", () => {
  vi.stubEnv("GITHUB_API_URL", "https://api.acme.com/v3");
  expect(environmentServers().settings).toEqual({});
  vi.stubEnv("GITHUB_SERVER_URL", "https://github.acme.com");
  expect(environmentServers().settings).toEqual({ github: { url: "https://github.acme.com", api: "https://api.acme.com/v3" } });
});

test("the value of a variable is read as the configuration is", () => {
  vi.stubEnv("SLACK_API_URL", "slack.example.com");
  expect(() => environmentServers()).toThrow(/^read SLACK_API_URL: .*expected a URL such as/);
});

test("a token of the environment is for the server that the environment names, whatever else is configured", () => {
  vi.stubEnv("GITHUB_TOKEN", "ghs_1");
  vi.stubEnv("GITHUB_SERVER_URL", "https://github.com");
  const configured = { settings: { github: { url: "https://ghe.example.com" } }, plainHttp: [] };
  expect(environmentCredentials(configured, createRedactor()).map((each) => each.for)).toEqual(["github.com"]);
  vi.stubEnv("GITHUB_SERVER_URL", undefined);
  expect(environmentCredentials(configured, createRedactor()).map((each) => each.for)).toEqual(["ghe.example.com"]);
});

test("no host that bears a notifier's name gets its token", async () => {
  vi.stubEnv("SLACK_BOT_TOKEN", "xoxb-1");
  const [slack] = environmentCredentials(environmentServers(), createRedactor());
  const fetch = () => Promise.resolve({ value: slack!.secret, expires: undefined });
  const port = createCredentials([{ for: slack!.for, by: "env", fetch }], { now: () => 0, usernameFor: () => "" });
  const ask = (resource: string) => port.token({ resource, permissions: [], signal: new AbortController().signal });
  expect(await ask("slack/acme/fleet")).toBeUndefined();
  expect(await ask("slack")).toBeUndefined();
  expect(await (await ask(notifierResource("slack")))?.value.reveal()).toBe("xoxb-1");
});
