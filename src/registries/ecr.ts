import type { AwsAccess } from "../core/aws/access.ts";
import { FairleadError } from "../core/errors.ts";
import { ecrPolicy } from "../core/aws/iam-policy.ts";
import { formatImageRepository, type ImageRef } from "../core/image/image.ts";
import { givenLogin, type Registry, type RegistryLogin, type RegistryOptions, type RepositorySetup } from "../core/registry/registry.ts";
import { openAccount, type Account } from "./ecr/account.ts";
import type { EcrApi, LastingLogin } from "./ecr/api.ts";
import { translate } from "./ecr/failure.ts";
import { isPublic, parseHost, publicName, repositoryArn, type EcrRegistry } from "../core/aws/ecr-host.ts";
import { privateApi } from "./ecr/private.ts";
import { publicApi } from "./ecr/public.ts";

/** A token lasts twelve hours. It is not used in its last half hour, in milliseconds: a build may come between the login and the push. */
const margin = 30 * 60_000;

/** One registry of ECR, and who we are there. */
interface Opened {
  readonly registry: EcrRegistry;
  readonly account: Account;
  readonly api: EcrApi;
}

/**
 * Returns Amazon ECR, private registries and the public gallery. The password is asked of AWS when it is wanted and kept until shortly
 * before its end; AWS's own credentials stay here. https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export function ecr(options: RegistryOptions): Registry {
  const { servers, signal } = options;
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
  const awsLogin = keepLogins(async (image) => {
    const doing = `log in to ${image.registry}`;
    return readToken(doing, await call(doing, image, (api) => api.token(signal)), options);
  });
  return {
    name: "ecr",
    abilities: {
      hosts: "ACCOUNT.dkr.ecr.REGION.amazonaws.com and its other forms, public.ecr.aws",
      logins: "flags, AWS credentials, Docker config",
      createsOnPush: "setting",
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/images.html
      referrers: "yes",
      mount: "setting",
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
      immutableTags: "setting",
    },
    serves: (host) => parseHost(host, servers) !== undefined,
    login: async (image) => givenLogin(options.credentials, image) ?? (await loginOrStored(image, options, awsLogin)),
    identity: async (image) => await open(image).account.identity(),
    repository: repositorySetup(call, signal),
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

/** Whoever logged in by Docker's means alone can push too, and anybody may pull from the gallery. What AWS says is told when there is neither. */
async function loginOrStored(
  image: ImageRef,
  { aws, storedLogin }: RegistryOptions,
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

/** Returns the logins of `fetch`, one for a registry until shortly before its end, however many ask at once. One that fails is forgotten. */
function keepLogins(fetch: (image: ImageRef) => Promise<LastingLogin>): (image: ImageRef) => Promise<LastingLogin> {
  const kept = new Map<string, { readonly login: Promise<LastingLogin>; expires: number }>();
  return async (image) => {
    const known = kept.get(image.registry);
    if (known !== undefined && known.expires - margin > Date.now()) return await known.login;
    const entry = { login: fetch(image), expires: Infinity };
    kept.set(image.registry, entry);
    try {
      const login = await entry.login;
      entry.expires = login.expires;
      return login;
    } catch (error) {
      if (kept.get(image.registry) === entry) kept.delete(image.registry);
      throw error;
    }
  };
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

function openRegistry(host: string, { aws, servers, signal, redactor, delay }: RegistryOptions): Opened {
  const registry = parseHost(host, servers);
  if (registry === undefined) throw new FairleadError("internal", `use ${host}: it is none of ECR's`);
  if (aws === undefined) {
    throw new FairleadError("unsupported", `use ${host}: a Dagger module has no AWS credentials of its own`, {
      hint: "give registryUsername AWS and, as registryPassword, what `aws ecr get-login-password` prints; create repositories with the fairlead command line",
    });
  }
  const policy = ecrPolicy(arnsOf(aws, servers), aws.needs);
  const account = openAccount(host, registry, { access: aws, policy, region: registry.region, signal, redactor, delay }, process.env);
  const api = registry.kind === "public" ? publicApi(registry.region, account.credentials) : privateApi(registry, account.credentials);
  return { registry, account, api };
}

/** The repositories that the run's input names, as far as they are ECR's. */
function arnsOf({ images }: AwsAccess, servers: RegistryOptions["servers"]): readonly string[] {
  return images.flatMap(({ registry, repository }) => {
    const found = parseHost(registry, servers);
    return found === undefined ? [] : [repositoryArn(found, repository)];
  });
}
