import { FairleadError } from "../core/errors.ts";
import { createExpiringCache } from "../core/expiring-cache.ts";
import { formatImage, formatImageRepository, type ImageRef } from "../core/image/image.ts";
import type { ImageArchive, RegistryAdapter, RegistryLogin, RepositorySetup } from "../core/registry/registry.ts";
import type { RegistryKind, RegistryOptions } from "../core/registry/registry-kind.ts";
import { awsAccess } from "./ecr/access.ts";
import type { EcrApi, LastingLogin } from "./ecr/api.ts";
import { translate } from "./ecr/failure.ts";
import { accessFields } from "./ecr/fields.ts";
import { isPublic, parseHost, publicName } from "./ecr/host.ts";
import { ecrPermissions } from "./ecr/iam-policy.ts";
import { ecrPolicies } from "./ecr/policies.ts";
import { openRegistry, type EcrOptions, type Opened } from "./ecr/opened.ts";
import { ecrSettings, readHosts, type EcrSettings } from "./ecr/settings.ts";

/** A token lasts twelve hours. It is not used in its last half hour, in milliseconds: a build may come between the login and the push. */
const margin = 30 * 60_000;

/** Amazon ECR, private registries and the public gallery. */
export const ecr: RegistryKind<typeof ecrSettings> = {
  name: "ecr",
  settings: ecrSettings,
  environment: { settings: { hosts: "FAIRLEAD_ECR_HOSTS" }, read: ({ hosts = "" }) => readHosts(hosts), credentials: /^AWS_\w+$/ },
  permissions: ecrPermissions,
  fields: accessFields,
  capabilities: {
    hosts: "ACCOUNT.dkr.ecr.REGION.amazonaws.com and its other forms, public.ecr.aws",
    logins: "flags, AWS credentials, Docker config",
    createsOnPush: "setting",
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/images.html
    referrers: "yes",
    mount: "setting",
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    immutableTags: "setting",
  },
  serves: (host, settings) => parseHost(host, settings) !== undefined,
  policies: ecrPolicies,
  create: openEcr,
};

/**
 * Returns the adapter of ECR. The password is asked of AWS when it is wanted and kept until shortly before its end; AWS's own credentials stay
 * here. https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
function openEcr(given: RegistryOptions<EcrSettings>): RegistryAdapter {
  const options: EcrOptions = { ...given, aws: awsAccess(given) };
  const { signal } = options;
  const opened = new Map<string, Opened>();
  const open = ({ registry: host }: ImageRef): Opened => {
    const found = opened.get(host) ?? openRegistry(host, options);
    opened.set(host, found);
    return found;
  };
  /** Calls AWS once the account was checked, and says in our words what went wrong. */
  const call: Call = async (doing, image, ask) => {
    const { registry, account, api } = open(image);
    await account.check();
    try {
      return await ask(api, registry.kind === "public" ? publicName(image.repository) : image.repository);
    } catch (error) {
      throw translate(doing, error, signal);
    }
  };
  const logins = createExpiringCache<LastingLogin>({ now: () => Date.now(), margin, expiresOf: ({ expires }) => expires });
  const awsLogin = async (image: ImageRef): Promise<LastingLogin> =>
    await logins.get(image.registry, async () => {
      const doing = `log in to ${image.registry}`;
      return readToken(doing, await call(doing, image, (api) => api.token(signal)), options);
    });
  return {
    login: async (image) => options.givenLogin(image) ?? (await loginOrStored(image, options, awsLogin)),
    identity: async (image) => await open(image).account.identity(),
    repository: repositorySetup(call, signal),
    archive: imageArchive(call, signal),
  };
}

type Call = <T>(doing: string, image: ImageRef, ask: (api: EcrApi, name: string) => Promise<T>) => Promise<T>;

function repositorySetup(call: Call, signal: AbortSignal): RepositorySetup {
  return {
    async read(image) {
      const state = await call(`read repository ${formatImageRepository(image)}`, image, (api, called) => api.read(called, signal));
      return state && { repository: formatImageRepository(image), ...state };
    },
    create: (image, settings, stop) =>
      call(`create repository ${formatImageRepository(image)}`, image, (api, called) => api.create(called, settings, stop)),
    update: (image, settings, stop) =>
      call(`change repository ${formatImageRepository(image)}`, image, (api, called) => api.update(called, settings, stop)),
  };
}

function imageArchive(call: Call, signal: AbortSignal): ImageArchive {
  return {
    read: (image) => call(`look for ${formatImage(image)}`, image, async ({ archive }, name) => archive?.read(name, image, signal)),
    restore: (image, stop) =>
      call(`restore ${formatImage(image)}`, image, async ({ archive }, name) => archive?.restore(name, image, stop)),
  };
}

/** Whoever logged in by Docker's means alone can push too, and anybody may pull from the gallery. What AWS says is told when there is neither. */
async function loginOrStored(
  image: ImageRef,
  { aws, storedLogin }: EcrOptions,
  awsLogin: (image: ImageRef) => Promise<RegistryLogin>,
): Promise<RegistryLogin | undefined> {
  try {
    return await awsLogin(image);
  } catch (error) {
    const unknown = error instanceof FairleadError && (error.code === "unauthenticated" || error.code === "unsupported");
    if (!unknown || aws?.role !== undefined) throw error;
    const stored = await storedLogin(image);
    if (stored === undefined && !isPublic(image.registry)) throw error;
    return stored;
  }
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html */
function readToken(
  doing: string,
  { token = "", expires }: { token: string | undefined; expires: Date | undefined },
  { redactor }: RegistryOptions,
): LastingLogin {
  const [, username, value] = /^([^:]+):(.+)$/s.exec(Buffer.from(token, "base64").toString()) ?? [];
  if (username === undefined || value === undefined || expires === undefined) {
    throw new FairleadError("unsupported", `${doing}: AWS answered without a token`);
  }
  redactor.add(value);
  return { username, password: { name: "ECR password", reveal: () => Promise.resolve(value) }, expires: expires.getTime() };
}
