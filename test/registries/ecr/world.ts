import { vi } from "vitest";
import type { AwsAccess } from "../../../src/registries/ecr/access.ts";
import type { Credential } from "../../../src/core/credential.ts";
import { asFairleadError } from "../../../src/core/errors.ts";
import type { ImageRef } from "../../../src/core/image/image.ts";
import type { RegistryAdapter, RegistryLogin } from "../../../src/core/registry/registry.ts";
import { ecr } from "../../../src/registries/ecr.ts";
import { registryOptions } from "../../adapter-options.ts";
import { account, region, type Aws } from "../../doubles/aws.ts";

export const role = `arn:aws:iam::${account}:role/release`;

/** Returns the repository `acme/app` of a double. */
export function appOf(aws: Aws): ImageRef {
  return { registry: aws.host, repository: "acme/app" };
}

/** Changes to the default adapter, which pushes to `acme/app` with the credentials of the environment. */
export interface Differing {
  readonly access?: Partial<AwsAccess>;
  readonly credentials?: readonly Credential[];
  readonly stored?: RegistryLogin;
  readonly signal?: AbortSignal;
  readonly inModule?: boolean;
}

/** Returns the adapter of a run, in an environment that has these variables. */
export function adapter(
  aws: Aws,
  env: Readonly<Record<string, string>>,
  { access, credentials = [], stored, signal, inModule }: Differing = {},
): RegistryAdapter {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { role: awsRole, accounts: awsAccounts = [], ...scope } = access ?? {};
  const own = {
    session: "fairlead-run-1",
    images: [appOf(aws)],
    hosts: [],
    needs: ["registry:create", "registry:pull", "registry:push"],
  } as const;
  return ecr.create(
    registryOptions({
      credentials,
      settings: { [aws.host]: { account, region } },
      ...(signal && { signal }),
      ...(inModule !== undefined && { inModule }),
      scope: { ...own, ...scope, input: { awsRole, awsAccounts } },
      storedLogin: () => Promise.resolve(stored),
    }),
  );
}

/** Returns `code: message (hint)` of a failure. */
export async function failureOf(promise: Promise<unknown> | undefined): Promise<string> {
  try {
    await promise;
    return "it did not fail";
  } catch (error) {
    const { code, message, hint } = asFairleadError(error);
    return `${code}: ${message}${hint === undefined ? "" : ` [${hint}]`}`;
  }
}
