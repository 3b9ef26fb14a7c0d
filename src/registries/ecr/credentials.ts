import { readFile } from "node:fs/promises";
import type { AssumeRoleCommandInput, Credentials, STSClient } from "#sdk/@aws-sdk/client-sts";
import type { AdapterOptions } from "../../core/adapter.ts";
import type { AwsAccess } from "./access.ts";
import { FairleadError } from "../../core/errors.ts";
import type { IamPolicy } from "./iam-policy.ts";
import type { Redactor } from "../../core/secret.ts";
import type { RetryOptions } from "../../core/retry.ts";
import { connectionOption } from "./connections.ts";
import { guardEndpoint } from "./endpoints.ts";
import { translate } from "./failure.ts";
import { fetchGitHubToken, type GitHubTokenEndpoint } from "./github-token.ts";

/** The source of the credentials. */
export type CredentialSource =
  /** The SDK's default chain: environment, SSO, files, a process, container, instance. */
  | { readonly kind: "chain" }
  /** A role that whoever the chain finds may assume. */
  | { readonly kind: "role"; readonly role: string }
  /** A role that a job of GitHub Actions may assume. */
  | { readonly kind: "github"; readonly role: string; readonly endpoint: GitHubTokenEndpoint }
  /** A role that whoever has the token in the file may assume: a pod of EKS. */
  | { readonly kind: "token-file"; readonly role: string; readonly file: string };

/**
 * Returns how a run that was told this role, or none, finds its credentials. A job that signed in to AWS before (there are keys in the
 * environment, or a profile is named) goes on from there; then comes GitHub's token, then the token of a file where the role is its own.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function credentialSource(role: string | undefined, env: Readonly<Record<string, string | undefined>>): CredentialSource {
  const signedIn = isSet(env.AWS_ACCESS_KEY_ID) || isSet(env.AWS_PROFILE);
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (role !== undefined && !signedIn && isSet(url) && isSet(token)) return { kind: "github", role, endpoint: { url, token } };
  const own = env.AWS_ROLE_ARN === "" ? undefined : env.AWS_ROLE_ARN;
  const ofFile = role ?? own;
  if (!signedIn && isSet(file) && ofFile !== undefined && ofFile === (own ?? ofFile)) return { kind: "token-file", role: ofFile, file };
  return role === undefined ? { kind: "chain" } : { kind: "role", role };
}

/** Returns where credentials come from, for people. */
export function describeSource(source: CredentialSource): string {
  if (source.kind === "github") return `GitHub's identity token, for ${source.role}`;
  if (source.kind === "token-file") return `the identity token in ${source.file}, for ${source.role}`;
  return source.kind === "role" ? `the default chain, for ${source.role}` : "the default chain";
}

/** The keys with which the SDK's clients sign requests. */
export interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** The options of assuming a role. */
export interface AssumeOptions {
  readonly access: AwsAccess;
  /** The most that the role's session may do. */
  readonly policy: IamPolicy;
  /** Where STS is asked: the registry's own region. */
  readonly region: string;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  readonly delay: RetryOptions["delay"];
  readonly allowUrl: AdapterOptions["allowUrl"];
}

/**
 * Returns what a client takes as its credentials; undefined leaves it to the SDK's chain. Clients keep what it returns until minutes
 * before its end, and then call it again: each time a new token is asked for, since the last one has ended long ago.
 */
export function credentialProvider(source: CredentialSource, options: AssumeOptions): (() => Promise<Identity>) | undefined {
  if (source.kind === "chain") return undefined;
  return async () => {
    const doing = `assume role ${source.role}`;
    try {
      const { Credentials } = await assume(source, options);
      return identityOf(doing, Credentials, options.redactor);
    } catch (error) {
      throw translate(doing, error, options.signal);
    }
  };
}

type RoleSource = Exclude<CredentialSource, { kind: "chain" }>;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
async function assume(source: RoleSource, options: AssumeOptions): Promise<{ Credentials?: Credentials | undefined }> {
  const { access, policy, region, signal, allowUrl } = options;
  const sdk = await import("#sdk/@aws-sdk/client-sts");
  const sts: STSClient = guardEndpoint(new sdk.STSClient({ region, ...connectionOption() }), allowUrl);
  const asked = { RoleArn: source.role, RoleSessionName: access.session, Policy: JSON.stringify(policy) } satisfies AssumeRoleCommandInput;
  try {
    if (source.kind === "role") return await sts.send(new sdk.AssumeRoleCommand(asked), { abortSignal: signal });
    const token = source.kind === "github" ? await fetchGitHubToken(source.endpoint, options) : await readToken(source.file);
    options.redactor.add(token);
    const command = new sdk.AssumeRoleWithWebIdentityCommand({ ...asked, WebIdentityToken: token });
    return await sts.send(command, { abortSignal: signal });
  } finally {
    sts.destroy();
  }
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw new FairleadError("input", `read AWS_WEB_IDENTITY_TOKEN_FILE: ${file} cannot be read (${code})`, { cause });
  }
}

function identityOf(doing: string, given: Credentials | undefined, redactor: Redactor): Identity {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined || Expiration === undefined) {
    throw new FairleadError("unsupported", `${doing}: AWS answered without credentials`);
  }
  redactor.add(SecretAccessKey);
  redactor.add(SessionToken);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
