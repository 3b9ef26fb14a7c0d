import type { AdapterOptions } from "./core/adapter.ts";
import { findCredential } from "./core/credential.ts";
import { FairleadError } from "./core/errors.ts";
import type { GitProvider } from "./core/git/provider.ts";
import type { Git, RemoteGit } from "./core/git/git.ts";
import { formatRepository, type Repository } from "./core/git/repository.ts";

type Facts = Pick<AdapterOptions, "credentials"> & { readonly providers: readonly GitProvider[] };

/**
 * Returns Git by the API of the provider that serves a repository: for a Dagger module, where there is neither `git` nor `ssh`. Throws
 * `unsupported` for what only they can reach, a key for SSH at once.
 */
export function createProviderGit({ credentials, providers }: Facts): Git {
  if (credentials.some(({ kind }) => kind === "ssh-key" || kind === "known-hosts")) {
    throw new FairleadError("unsupported", "use Git over SSH: a Dagger module has no ssh", { hint: useHttps });
  }
  const gitOf = (repository: Repository): RemoteGit => findApi(providers, repository);
  return {
    resolve: async (repository, ref) => await gitOf(repository).resolve(repository, ref),
    open: async (repository, branch) => await gitOf(repository).open(repository, branch),
    openIfThere: async (repository, branch) => await gitOf(repository).openIfThere(repository, branch),
    push: async (change, signal) => await gitOf(change.repository).push(change, signal),
    cleanFolder: () => Promise.resolve(undefined), // a module is given folders of Dagger's alone
    async access(repository) {
      findApi(providers, repository);
      return Promise.resolve({ token: tokenFor(credentials, repository)?.secret, ssh: undefined });
    },
  };
}

/**
 * Returns Git by the program, but by the provider's API where it is opened by the token of a GitHub App's installation: GitHub signs the
 * commits that it makes for an App, which are Verified then.
 * https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
 */
export function preferSigned<G extends Git>(program: G, { credentials, providers }: Facts): G {
  const choose = async (repository: Repository): Promise<RemoteGit> => {
    const api = repository.transport === "ssh" ? undefined : providers.find((each) => each.serves(repository.host))?.git;
    const token = api && (await tokenFor(credentials, repository)?.secret.reveal());
    return api !== undefined && token?.startsWith(installationToken) === true ? api : program;
  };
  return {
    ...program,
    resolve: async (repository, ref) => await (await choose(repository)).resolve(repository, ref),
    open: async (repository, branch) => await (await choose(repository)).open(repository, branch),
    openIfThere: async (repository, branch) => await (await choose(repository)).openIfThere(repository, branch),
    push: async (change, signal) => await (await choose(change.repository)).push(change, signal),
  };
}

/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
const installationToken = "ghs_";

const useHttps = "give the repository's https URL and a token, or run the fairlead command line";

function findApi(providers: readonly GitProvider[], repository: Repository): RemoteGit {
  const name = formatRepository(repository);
  if (repository.transport === "ssh") {
    throw new FairleadError("unsupported", `use ${name} over SSH: a Dagger module has no ssh`, { hint: useHttps });
  }
  const api = providers.find((each) => each.serves(repository.host))?.git;
  if (api !== undefined) return api;
  throw new FairleadError("unsupported", `use ${name}: a Dagger module has no git, and no API is known for ${repository.host}`, {
    hint: "name a GitHub of your own with --github-url, give files to build as --source, or run the fairlead command line",
  });
}

function tokenFor(credentials: AdapterOptions["credentials"], repository: Repository): AdapterOptions["credentials"][number] | undefined {
  return findCredential(credentials, formatRepository(repository), "token");
}
