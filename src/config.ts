import { z } from "zod";
import { adapterKinds, adapters, isNotifier, serverProblems } from "./adapters.ts";
import { notifierResource, type Credential } from "./core/credential.ts";
import type { Secret } from "./core/secret.ts";
import type { Servers } from "./core/servers.ts";
import { environmentsSchema } from "./config/environments.ts";
import { readYaml } from "./config/document.ts";
import type { Fault, Path, Place } from "./config/document.ts";
import { faultError, meant, placeProblems, problemsOf, type Problem } from "./config/problem.ts";
import { reportToSchema } from "./config/report-to.ts";
import { secretReference } from "./config/values.ts";

/** The kinds whose credential is theirs by name, not by host. */
const named = adapters.notifiers.map(({ name }) => name);
/** A host with its port if it has one; a repository of it; or the name of a notifier. */
const resource = new RegExp(
  `^(${named.join("|")}|localhost(:\\d+)?(\\/\\S+)?|(\\[[0-9a-f:]+\\]|[a-z0-9-]+(\\.[a-z0-9-]+)+|[a-z0-9.-]+(?=:))(:\\d+)?(\\/\\S+)?)$`,
);
const host = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d+)?$/;
const hostName = z.string().regex(host, "expected a host in lower case, such as registry.example.com:5000");

/** As the App's page shows it: a number, or the client ID. */
const appId = z.union([z.int().positive(), z.string().regex(/^[\w.-]+$/, "expected an ID such as 123456")]);

const credential = z
  .strictObject({
    username: z.string().min(1, "it is empty").optional().describe("log in to a registry as this user"),
    password: secretReference().optional().describe("log in to a registry with this password or token"),
    token: secretReference().optional().describe("open a Git server or a notifier with this token"),
    app: appId.optional().describe("ask a Git server for tokens as this App, by its ID or client ID"),
    key: secretReference().optional().describe("prove the App by this private key"),
    sshKey: secretReference().optional().describe("open a Git server over SSH with this private key"),
    sshKnownHosts: secretReference().optional().describe("trust these known hosts of a Git server"),
  })
  .refine(
    (given) => Object.keys(given).some((name) => name !== "username" && name !== "app"),
    "it holds no secret: name a token, a password, an sshKey, or an app and its key",
  )
  .refine(({ username, password }) => username === undefined || password !== undefined, {
    error: "there is no password for it",
    path: ["username"],
  })
  .refine(({ app, key }) => app === undefined || key !== undefined, { error: "there is no key of it", path: ["app"] })
  .refine(({ app, key }) => key === undefined || app !== undefined, { error: "there is no app that it proves", path: ["key"] })
  .refine(({ app, token }) => app === undefined || token === undefined, { error: "there is a token for the same", path: ["app"] });

const credentials = z
  .record(
    z.string().regex(resource, {
      error: ({ input }) =>
        `expected a host such as ghcr.io, a repository such as github.com/acme/fleet, or ${named.join(" or ")}${meant(String(input), named)}`,
    }),
    credential,
  )
  .superRefine((given, context) => {
    const wrong = named.flatMap((name) => Object.keys(given[name] ?? {}).flatMap((field) => (field === "token" ? [] : [[name, field]])));
    for (const path of wrong) context.addIssue({ code: "custom", path, message: "a notifier has a token alone" });
  });

/** The settings of each kind of adapter that has some, as its own schema reads them. */
const kindSettings: Readonly<Record<never, z.ZodType>> = Object.fromEntries(
  adapterKinds.flatMap(({ name, settings }) => (settings === undefined ? [] : [[name, settings.optional()]])),
);

const tls = z
  .strictObject({
    ca: z
      .string()
      .regex(/^file:.+$/, "expected a file of certificates, such as file:/etc/ssl/acme-ca.pem")
      .describe("trust the certificate authorities in this file as well, as file:PATH"),
  })
  .describe("certificates of servers");

const servers = z
  .strictObject({
    ...kindSettings,
    tls: tls.optional(),
    plainHttp: z.array(hostName).default([]).describe("speak plain HTTP, without TLS, to these hosts (default: to this machine alone)"),
  })
  .superRefine(({ plainHttp, tls: _, ...settings }, context) => {
    for (const { path, why } of serverProblems({ settings, plainHttp })) {
      context.addIssue({ code: "custom", path: [...path], message: `${why}: use https, or name the host in servers.plainHttp` });
    }
  });

/** The part of fairlead.yaml that every entry point reads. */
export const commonFields = {
  version: z.literal(1).describe("version of this format"),
  credentials: credentials.default({}).describe("credentials by host, repository or notifier; each is used there alone"),
  servers: servers.prefault({}).describe("self-hosted servers, and addresses other than the usual ones, by kind"),
  environments: environmentsSchema.default({}).describe("places to deploy to, by name: what deploys names one"),
  reportTo: reportToSchema()
    .default([])
    .describe("report to these repositories, such as github.com/acme/app, where only the labels of an image name them"),
};

/** The configuration of every entry point. Credentials are references: nothing is revealed before it is used. */
export type CommonConfig = z.output<z.ZodObject<typeof commonFields>>;

/** The rules of a configuration: its schema, and the checks that no schema can express. */
export interface ConfigRules<S extends z.ZodType> {
  /** The file's name in problems. */
  readonly path: string;
  readonly schema: S;
  /**
   * Returns the value that is read, made of what was written: with defaults in the places that they are for. `written` tells where the file has what is
   * at a path of it.
   */
  readonly fill?: (value: unknown) => { readonly value: unknown; readonly written: (path: Path) => Path };
  /** Returns further problems. It is given the value as it is read, whatever is wrong with it. */
  readonly check?: (value: unknown) => readonly Problem[];
}

/**
 * Returns what a text says by a schema, and the same as plain data. Throws `input` with all problems at once, each as
 * `fairlead.yaml:12:7 routes[1].when.branch: expected string`.
 */
export function readConfigText<S extends z.ZodType>(
  text: string,
  { path, schema, fill = asWritten, check }: ConfigRules<S>,
): { readonly config: z.output<S>; readonly value: unknown } {
  const { document, faults, positionOf } = readYaml(text);
  if (document === undefined) throw faultError(path, faults, positionOf);
  const { readBefore } = document;
  const { value, written } = fill(document.value);
  const place = (problems: readonly Problem[]): readonly (Fault & Place)[] =>
    placeProblems(
      problems.map((problem) => ({ ...problem, path: written(problem.path) })),
      document,
    );
  const placed = place(problemsOf(schema, value)).filter(({ end }) => end < readBefore);
  // what is checked beyond the form looks at all of the text
  const checked = readBefore < Infinity ? [] : place(check?.(value) ?? []);
  const all = [...faults, ...placed, ...checked];
  if (all.length > 0) throw faultError(path, all, positionOf);
  return { config: schema.parse(value), value };
}

function asWritten(value: unknown): { readonly value: unknown; readonly written: (path: Path) => Path } {
  return { value, written: (path) => path };
}

/** Returns the credentials of a configuration, for a run that is given them; `open` makes a secret of a reference and a name for people. */
export function configCredentials(
  { credentials }: Pick<CommonConfig, "credentials">,
  open: (reference: string, name: string) => Secret,
): readonly Credential[] {
  return Object.entries(credentials).flatMap(([name, { username, password, token, app, key, sshKey, sshKnownHosts }]) => {
    const resource = isNotifier(name) ? notifierResource(name) : name;
    const one = (kind: Credential["kind"], reference: string | undefined): Credential[] =>
      reference === undefined ? [] : [{ for: resource, kind, secret: open(reference, `${kind} of ${name}`) }];
    return [
      ...one("password", password).map((each) => (username === undefined ? each : { ...each, username })),
      ...one("token", token),
      ...one("app", key).map((each) => ({ ...each, app: String(app) })),
      ...one("ssh-key", sshKey),
      ...one("known-hosts", sshKnownHosts),
    ];
  });
}

/** Returns the servers of a configuration. What it does not name is left to the environment. */
export function configServers({ servers: { plainHttp, tls: trusted, ...settings } }: Pick<CommonConfig, "servers">): Servers {
  return { plainHttp, settings, authorities: trusted?.ca.slice("file:".length) };
}
