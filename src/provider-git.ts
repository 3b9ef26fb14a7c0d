import type { Credential } from "./core/credential.ts";
import type { Credentials } from "./core/credentials.ts";
import type { Token } from "./core/token.ts";
import { FairleadError } from "./core/errors.ts";
import type { ApiGit, GitProvider } from "./core/git/provider.ts";
import type { Git, RemoteGit } from "./core/git/git.ts";
import { formatRepository, type Repository } from "./core/git/repository.ts";
import { fetchByApi } from "./provider-files.ts";

/** The options of Git by a provider's API. */
export interface ProviderGitOptions {
  readonly credentials: Credentials;
  /** Keys and known hosts of the run. */
  readonly ssh: readonly Credential[];
  readonly signal: AbortSignal;
  /** Returns the provider behind a host; undefined when none is known. */
  readonly provider: (host: string) => GitProvider | undefined;
}

/**
 * Returns Git by the API of the provider that serves a repository: for a Dagger module, where there is neither `git` nor `ssh`. Throws
 * `unsupported` for what only they can reach, a key for SSH at once.
 */
export function createProviderGit(options: ProviderGitOptions): Git {
  if (options.ssh.length > 0) {
    throw new FairleadError("unsupported", "use Git over SSH: a Dagger module has no ssh", { hint: useHttps });
  }
  const gitOf = (repository: Repository): ApiGit => findApi(options, repository);
  return {
    resolve: async (repository, ref) => await gitOf(repository).resolve(repository, ref),
    open: async (repository, branch) => await gitOf(repository).open(repository, branch),
    openIfThere: async (repository, branch) => await gitOf(repository).openIfThere(repository, branch),
    tree: async (repository, sha) => await gitOf(repository).tree(repository, sha),
    push: async (change, signal) => await gitOf(change.repository).push(change, signal),
    checkPush: async (repository, commit) => await gitOf(repository).checkPush(repository, commit),
    // a module is given folders of Dagger's alone
    cleanFolder: () => Promise.resolve({ notClean: "it is no folder of Dagger's", hint: "give a Dagger directory" }),
    hasFile: () => Promise.resolve(false),
    async fetchFiles(wanted) {
      const token = await tokenFor(options, wanted.repository);
      return token === undefined && wanted.submodules.length === 0 ? undefined : await fetchByApi(wanted, gitOf);
    },
    // a listener's runs ask for these, and they have a program
    commitsBetween: () => Promise.resolve(undefined),
    pathsBetween: () => Promise.resolve(undefined),
    checkAccess: async (repository) => {
      findApi(options, repository);
      await tokenFor(options, repository);
    },
  };
}

/**
 * Returns Git by the program, but by the provider's API where the provider signs the commits that it makes for the token's owner: they are
 * shown as verified then.
 */
export function preferSigned<G extends Git>(program: G, options: ProviderGitOptions): G {
  const choose = async (repository: Repository): Promise<RemoteGit> => {
    const { git: api, signsCommits } = (repository.transport === "ssh" ? undefined : options.provider(repository.host)) ?? {};
    if (api === undefined || signsCommits === undefined) return program;
    const token = await (await tokenFor(options, repository))?.value.reveal();
    return token !== undefined && signsCommits(token) ? api : program;
  };
  return {
    ...program,
    resolve: async (repository, ref) => await (await choose(repository)).resolve(repository, ref),
    open: async (repository, branch) => await (await choose(repository)).open(repository, branch),
    openIfThere: async (repository, branch) => await (await choose(repository)).openIfThere(repository, branch),
    push: async (change, signal) => await (await choose(change.repository)).push(change, signal),
    checkPush: async (repository, commit) => await (await choose(repository)).checkPush(repository, commit),
  };
}

const useHttps = "give the repository's https URL and a token, or run the fairlead command line";

function findApi({ provider }: ProviderGitOptions, repository: Repository): ApiGit {
  const name = formatRepository(repository);
  if (repository.transport === "ssh") {
    throw new FairleadError("unsupported", `use ${name} over SSH: a Dagger module has no ssh`, { hint: useHttps });
  }
  const api = provider(repository.host)?.git;
  if (api !== undefined) return api;
  throw new FairleadError("unsupported", `use ${name}: a Dagger module has no git, and no API is known for ${repository.host}`, {
    hint: "name a Git server of your own by the constructor's arguments, give files to build as --source, or run the fairlead command line",
  });
}

async function tokenFor({ credentials, signal }: ProviderGitOptions, repository: Repository): Promise<Token | undefined> {
  return await credentials.token({ resource: formatRepository(repository), permissions: ["contents:read"], signal });
}
