import { FairleadError } from "../../core/errors.ts";
import type { RegistryOptions } from "../../core/registry/registry-kind.ts";
import type { AwsAccess } from "./access.ts";
import { openAccount, type Account } from "./account.ts";
import type { EcrApi } from "./api.ts";
import { checkEndpoints } from "./endpoints.ts";
import { parseHost, repositoryArn, type EcrRegistry } from "./host.ts";
import { ecrPolicy } from "./iam-policy.ts";
import { privateApi } from "./private.ts";
import { publicApi } from "./public.ts";
import type { EcrSettings } from "./settings.ts";

/** The options of the adapter, with the run's access to AWS. */
export type EcrOptions = RegistryOptions<EcrSettings> & { readonly aws: AwsAccess | undefined };

/** One registry of ECR, and who we are there. */
export interface Opened {
  readonly registry: EcrRegistry;
  readonly account: Account;
  readonly api: EcrApi;
}

/** Returns a registry of ECR and who the run is there. Throws `unsupported` in a Dagger module. */
export function openRegistry(host: string, { aws, settings, signal, redactor, delay, allowUrl }: EcrOptions): Opened {
  const registry = parseHost(host, settings);
  if (registry === undefined) throw new FairleadError("internal", `use ${host}: it is none of ECR's`);
  if (aws === undefined) {
    throw new FairleadError("unsupported", `use ${host}: a Dagger module has no AWS credentials of its own`, {
      hint: "give registryUsername AWS and, as registryPassword, what `aws ecr get-login-password` prints; create repositories with the fairlead command line",
    });
  }
  const policy = ecrPolicy(arnsOf(aws, settings), aws.needs);
  checkEndpoints(process.env, allowUrl);
  const asking = { access: aws, policy, region: registry.region, signal, redactor, delay, allowUrl };
  const account = openAccount(host, registry, asking, process.env);
  const who = { credentials: account.credentials, allowUrl };
  return { registry, account, api: registry.kind === "public" ? publicApi(registry.region, who) : privateApi(registry, who) };
}

/** The repositories that the run's input names, as far as they are ECR's. */
function arnsOf({ images }: AwsAccess, settings: EcrSettings | undefined): readonly string[] {
  return images.flatMap(({ registry, repository }) => {
    const found = parseHost(registry, settings);
    return found === undefined ? [] : [repositoryArn(found, repository)];
  });
}
