import { FairleadError } from "../errors.ts";
import type { GitProvider } from "../git/provider.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import type { CommitStatus } from "../git/statuses.ts";

/** Where Flux reports on a commit. */
export interface FluxReportsQuery {
  readonly repository: Repository;
  /** The branch that Flux applies; undefined where it is not known. */
  readonly base: string | undefined;
  /** The context of the commit status that reports readiness, or its beginning; undefined: Flux's own contexts. */
  readonly status: string | undefined;
}

/**
 * Returns what Flux has reported on a commit. Flux may not stop at every commit. So its report on the head of the base counts as well: that has the
 * commit in its history. Throws `unsupported` where the provider has no statuses.
 */
export async function fluxReports(
  provider: GitProvider,
  { repository, base, status }: FluxReportsQuery,
  commit: string,
): Promise<readonly CommitStatus[]> {
  if (provider.statuses === undefined) {
    throw new FairleadError("unsupported", `read statuses of ${formatRepository(repository)}: ${provider.name} cannot do this`);
  }
  const own = await provider.statuses.list(repository, commit);
  const reports = own.statuses.filter((each) => isReport(each, status));
  if (reports.length > 0 || base === undefined) return reports;
  const head = await provider.statuses.list(repository, base);
  return head.commit === commit ? [] : head.statuses.filter((each) => isReport(each, status));
}

/** Flux's own contexts are `kustomization/NAME/ID` and `helmrelease/NAME/ID`. https://fluxcd.io/flux/components/notification/providers/#git-commit-status-updates */
function isReport({ context }: CommitStatus, wanted: string | undefined): boolean {
  return wanted === undefined ? /^(kustomization|helmrelease)\//i.test(context) : context === wanted || context.startsWith(`${wanted}/`);
}

/** Returns what the first report says that is not ready; undefined: all are. */
export function whyUnready(reports: readonly CommitStatus[]): string | undefined {
  const [unready] = reports.filter(({ state }) => state !== "success");
  return unready && `${unready.context} is ${unready.state}${unready.description === "" ? "" : `: ${unready.description}`}`;
}
