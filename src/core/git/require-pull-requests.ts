import { FairleadError } from "../errors.ts";
import type { GitProvider, PullRequests } from "./provider.ts";
import { formatRepository, type Repository } from "./repository.ts";

/** Returns what a repository's provider does with pull requests, or throws `unsupported`. */
export function requirePullRequests({ name, pullRequests }: GitProvider, repository: Repository): PullRequests {
  if (pullRequests !== undefined) return pullRequests;
  throw new FairleadError("unsupported", `open pull request in ${formatRepository(repository)}: ${name} cannot do this`, {
    hint: "commit straight to the branch with --direct",
  });
}
