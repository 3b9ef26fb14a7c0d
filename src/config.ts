import { z } from "zod";
import type { Credential } from "./core/credential.ts";
import type { Secret } from "./core/secret.ts";
import type { Servers } from "./core/servers.ts";
import { readYaml } from "./config/document.ts";
import { faultError, problemError, problemsOf, type Problem } from "./config/problem.ts";
import { secretReference } from "./config/values.ts";

/** A host with its port if it has one; a repository of it; or Slack. */
const resource = /^(slack|localhost(:\d+)?(\/\S+)?|(\[[0-9a-f:]+\]|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9.-]+(?=:))(:\d+)?(\/\S+)?)$/;
const host = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d+)?$/;

const httpUrl = z.url({ protocol: /^https?$/, error: "expected a URL such as https://github.example.com" });
const hostName = z.string().regex(host, "expected a host in lower case, such as registry.example.com:5000");

const credential = z
  .strictObject({
    username: z.string().min(1, "it is empty").optional().describe("user name at a registry"),
    password: secretReference().optional().describe("password or token at a registry"),
    token: secretReference().optional().describe("token of a Git server, or of Slack"),
    sshKey: secretReference().optional().describe("private key for a Git server"),
    sshKnownHosts: secretReference().optional().describe("known hosts of a Git server"),
  })
  .refine((given) => Object.keys(given).some((name) => name !== "username"), "it holds no secret: name a token, a password or an sshKey")
  .refine(({ username, password }) => username === undefined || password !== undefined, {
    error: "there is no password for it",
    path: ["username"],
  });

const servers = z.strictObject({
  github: z
    .strictObject({ url: httpUrl.describe("where its pages are"), api: httpUrl.optional().describe("where its REST API is, if elsewhere") })
    .optional()
    .describe("GitHub of one's own"),
  slackApi: httpUrl.optional().describe("where Slack's methods are"),
  ecr: z
    .record(
      hostName,
      z.strictObject({
        account: z.string().regex(/^\d{12}$/, "expected an AWS account: twelve digits, in quotation marks"),
        region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "expected an AWS region such as eu-west-1"),
      }),
    )
    .optional()
    .describe("hosts of ECR that do not have a name of AWS's, and whose they are"),
  plainHttp: z.array(hostName).default([]).describe("hosts that are spoken to without TLS; this machine always is"),
});

/** The part of fairlead.yaml that every door reads. */
export const commonFields = {
  version: z.literal(1).describe("version of this format"),
  credentials: z
    .record(z.string().regex(resource, "expected a host such as ghcr.io, a repository such as github.com/acme/flux, or slack"), credential)
    .default({})
    .describe("credentials by host, repository, or slack: each is used for that alone"),
  servers: servers.prefault({}).describe("servers that are not where everybody's are"),
};

/** What every door reads. Credentials are references: nothing is revealed before it is used. */
export type CommonConfig = z.output<z.ZodObject<typeof commonFields>>;

/** What a configuration is read by: its schema, and what no schema can see. */
export interface ConfigRules<S extends z.ZodType> {
  /** How the file is named in problems. */
  readonly path: string;
  readonly schema: S;
  /** Returns further problems. It is given the value as it was written, whatever is wrong with it. */
  readonly check?: (value: unknown) => readonly Problem[];
}

/**
 * Returns what a text says by a schema, and the same as plain data. Throws `input` with all problems at once, each as
 * `fairlead.yaml:12:7 routes[1].when.branch: expected string`.
 */
export function readConfigText<S extends z.ZodType>(
  text: string,
  { path, schema, check }: ConfigRules<S>,
): { readonly config: z.output<S>; readonly value: unknown } {
  const read = readYaml(text);
  if ("faults" in read) throw faultError(path, read.faults, read.positionOf);
  const { value } = read.document;
  const problems = [...problemsOf(schema, value), ...(check?.(value) ?? [])];
  if (problems.length > 0) throw problemError(path, problems, read.document, read.positionOf);
  return { config: schema.parse(value), value };
}

/** Returns the credentials of a configuration, for a run that is given them; `open` makes a secret of a reference and a name for people. */
export function configCredentials(
  { credentials }: Pick<CommonConfig, "credentials">,
  open: (reference: string, name: string) => Secret,
): readonly Credential[] {
  return Object.entries(credentials).flatMap(([resource, { username, password, token, sshKey, sshKnownHosts }]) => {
    const one = (kind: Credential["kind"], reference: string | undefined): Credential[] =>
      reference === undefined ? [] : [{ for: resource, kind, secret: open(reference, `${kind} of ${resource}`) }];
    return [
      ...one("password", password).map((each) => (username === undefined ? each : { ...each, username })),
      ...one("token", token),
      ...one("ssh-key", sshKey),
      ...one("known-hosts", sshKnownHosts),
    ];
  });
}

/** Returns the servers of a configuration. What it does not name is left to the environment. */
export function configServers({ servers: { github, slackApi, ecr, plainHttp } }: Pick<CommonConfig, "servers">): Partial<Servers> {
  return {
    plainHttp,
    ...(github === undefined ? {} : { github: { host: new URL(github.url).host, api: github.api } }),
    ...(slackApi === undefined ? {} : { slackApi }),
    ...(ecr === undefined ? {} : { ecr: Object.entries(ecr).map(([name, whose]) => ({ host: name, ...whose })) }),
  };
}
