import type { EcrSettings } from "./settings.ts";

/** A private registry: one for each account and region. */
export interface PrivateRegistry {
  readonly kind: "private";
  readonly account: string;
  readonly region: string;
  /** The settings of the API's endpoint, which is of the same kind as the registry's host. */
  readonly endpoint: { readonly useFipsEndpoint?: true; readonly useDualstackEndpoint?: true };
}

/** The public gallery. Its API is in one region of one partition: https://docs.aws.amazon.com/general/latest/gr/ecr-public.html */
export interface PublicRegistry {
  readonly kind: "public";
  readonly region: "us-east-1";
}

/** A registry of ECR. */
export type EcrRegistry = PrivateRegistry | PublicRegistry;

/**
 * The partitions: their regions, and what their registries' hosts end with. The second suffix is that of dual-stack hosts.
 * https://docs.aws.amazon.com/general/latest/gr/ecr.html and the SDK's own list of partitions
 */
const partitions: readonly (readonly [name: string, regions: RegExp, suffix: string, dualStack: string])[] = [
  ["aws-cn", /^cn-/, "amazonaws.com.cn", "on.amazonwebservices.com.cn"],
  ["aws-eusc", /^eusc-/, "amazonaws.eu", "on.amazonwebservices.eu"],
  ["aws-iso", /^us-iso-/, "c2s.ic.gov", "on.aws.ic.gov"],
  ["aws-iso-b", /^us-isob-/, "sc2s.sgov.gov", "on.aws.scloud"],
  ["aws-iso-e", /^eu-isoe-/, "cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"],
  ["aws-iso-f", /^us-isof-/, "csp.hci.ic.gov", "on.aws.hci.ic.gov"],
  ["aws-us-gov", /^us-gov-/, "amazonaws.com", "on.aws"],
  ["aws", /^/, "amazonaws.com", "on.aws"],
];

/** https://docs.aws.amazon.com/AmazonECR/latest/public/public-ecr-requests.html */
const publicHosts: readonly string[] = ["public.ecr.aws", "ecr-public.aws.com"];

/**
 * Returns the registry behind a host: `ACCOUNT.dkr.ecr.REGION.amazonaws.com` and the forms of other partitions, of FIPS and of
 * dual-stack endpoints, `public.ecr.aws`, or one that the settings name. Undefined when the host is none of ECR's.
 */
export function parseHost(host: string, settings: EcrSettings = {}): EcrRegistry | undefined {
  if (isPublic(host)) return { kind: "public", region: "us-east-1" };
  const named = Object.hasOwn(settings, host) ? settings[host] : undefined;
  if (named !== undefined) return { kind: "private", account: named.account, region: named.region, endpoint: {} };
  const [, account = "", separator, fips, region = "", suffix] = /^(\d{12})\.dkr([.-])ecr(-fips)?\.([a-z0-9-]+)\.(.+)$/.exec(host) ?? [];
  const [, , usual, dualStack] = partitions.find(([, regions]) => regions.test(region)) ?? [];
  if (suffix === undefined || suffix !== (separator === "." ? usual : dualStack)) return undefined;
  return {
    kind: "private",
    account,
    region,
    endpoint: {
      ...(fips === undefined ? {} : { useFipsEndpoint: true }),
      ...(separator === "." ? {} : { useDualstackEndpoint: true }),
    },
  };
}

/** Returns the ARN of a repository. That of a public one begins with its alias, which ARNs do not have; its account is not told. */
export function repositoryArn(registry: EcrRegistry, repository: string): string {
  if (registry.kind === "public") return `arn:aws:ecr-public::*:repository/${publicName(repository)}`;
  return `arn:${partitionOf(registry)}:ecr:${registry.region}:${registry.account}:repository/${repository}`;
}

/** Returns the partition of a registry, as its ARNs begin: `aws`, `aws-cn`. */
export function partitionOf({ region }: EcrRegistry): string {
  return partitions.find(([, regions]) => regions.test(region))?.[0] ?? "aws";
}

/** Returns what the API calls a repository of the public gallery: `acme/app` there is `app` of the alias `acme`. */
export function publicName(repository: string): string {
  return repository.slice(repository.indexOf("/") + 1);
}

/** Tells whether a host is the public gallery's. */
export function isPublic(host: string): boolean {
  return publicHosts.includes(host);
}
