import type { AwsAccess } from "./access.ts";
import { FairleadError } from "../../core/errors.ts";
import type { RegistryIdentity } from "../../core/registry/registry.ts";
import { connectionOption } from "./connections.ts";
import { credentialProvider, credentialSource, describeSource, type AssumeOptions, type Identity } from "./credentials.ts";
import { guardEndpoint } from "./endpoints.ts";
import { translate } from "./failure.ts";
import type { EcrRegistry } from "./host.ts";

/** Our AWS identity for one registry. */
export interface Account {
  /** The credentials of a client; undefined leaves them to the SDK's chain. */
  readonly credentials: (() => Promise<Identity>) | undefined;
  /** Asks AWS who we are. */
  identity(): Promise<RegistryIdentity>;
  /** Throws `forbidden` when the run may not use the account that we are in. Asks AWS once, and only if the run has such a list. */
  check(): Promise<void>;
}

/** Returns who we are for a registry. Throws `forbidden` at once when its account, or the role's, is none of those that the run may use. */
export function openAccount(host: string, registry: EcrRegistry, options: AssumeOptions, env: NodeJS.ProcessEnv): Account {
  const { access } = options;
  const source = credentialSource(access.role, env);
  if (registry.kind === "private") requireAccount(access, registry.account, `use ${host}`);
  if (source.kind !== "chain") requireAccount(access, source.role.split(":")[4] ?? "", `assume role ${source.role}`);
  const credentials = credentialProvider(source, options);
  const identity = async (): Promise<RegistryIdentity> => {
    const found = await callerIdentity(credentials, options);
    return { ...found, source: describeSource(source) };
  };
  let checked: Promise<void> | undefined;
  const checkOnce = async (): Promise<void> => {
    if (access.accounts.length === 0) return;
    const { account, arn } = await identity();
    requireAccount(access, account, `use AWS as ${arn}`);
  };
  const check = (): Promise<void> =>
    (checked ??= checkOnce().catch((error: unknown) => {
      checked = undefined;
      throw error;
    }));
  return { credentials, identity, check };
}

function requireAccount({ accounts }: AwsAccess, account: string, doing: string): void {
  if (accounts.length === 0 || accounts.includes(account)) return;
  throw new FairleadError("forbidden", `${doing}: account ${account} is not among those that may be used`, {
    hint: `add --aws-account ${account} if it is meant`,
  });
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
async function callerIdentity(
  credentials: (() => Promise<Identity>) | undefined,
  { region, signal, allowUrl }: AssumeOptions,
): Promise<{ account: string; arn: string }> {
  const { GetCallerIdentityCommand, STSClient } = await import("#sdk/@aws-sdk/client-sts");
  const sts = guardEndpoint(new STSClient({ region, ...connectionOption(), ...(credentials && { credentials }) }), allowUrl);
  try {
    const { Account: account = "", Arn: arn = "" } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
    return { account, arn };
  } catch (error) {
    throw translate("ask AWS who we are", error, signal);
  } finally {
    sts.destroy();
  }
}
