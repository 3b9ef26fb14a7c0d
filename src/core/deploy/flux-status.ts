import { FairleadError } from "../errors.ts";
import type { GitProvider } from "../git/provider.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import type { CommitStatus, Statuses } from "../git/statuses.ts";
import { countedOf, readinessOf, type FluxReports, type Readiness } from "./readiness.ts";

/** Where Flux reports on a commit. */
export interface FluxReportsQuery {
  readonly repository: Repository;
  /** The branch that Flux applies; undefined where it is not known. */
  readonly base: string | undefined;
  /** The context of the commit status that reports readiness, or its beginning; undefined: Flux's own contexts. */
  readonly status: string | undefined;
  /** Commits that have this one in their history, beside the head of the base. */
  readonly later?: readonly string[];
  readonly now: Date;
}

/** Returns whether Flux has reported that a commit is ready. Throws `unsupported` where the provider has no statuses. */
export async function fluxReadiness(provider: GitProvider, query: FluxReportsQuery, commit: string): Promise<Readiness> {
  const { repository, status, now } = query;
  const { statuses } = provider;
  if (statuses === undefined) {
    throw new FairleadError("unsupported", `read statuses of ${formatRepository(repository)}: ${provider.name} cannot do this`);
  }
  const { reports: own } = await readReports(statuses, query, commit);
  const reports = { own, later: await laterReports(statuses, query, commit), before: [] };
  const judge = (before: FluxReports["before"]): Readiness => readinessOf({ ...reports, before }, { named: status !== undefined, now });
  // what has failed needs no history to tell
  if (countedOf(reports).some(({ state }) => state !== "success")) return judge([]);
  return judge(await contextsBefore(provider, statuses, query, commit));
}

/** Flux may not stop at every commit. So its reports on the head of the base count as well: that has the commit in its history. */
async function laterReports(statuses: Statuses, query: FluxReportsQuery, commit: string): Promise<readonly CommitStatus[]> {
  const { base, later = [] } = query;
  const found = [];
  for (const ref of [...(base === undefined ? [] : [base]), ...later]) found.push(await readReports(statuses, query, ref));
  return found.flatMap((each) => (each.commit === commit ? [] : each.reports));
}

/** How many earlier commits are looked at, and how many of them with reports are enough: Flux may have left out some objects at one of them. */
const most = 10;
const enough = 3;

/** Returns the contexts that Flux has reported on the commits before one. Where they cannot be listed, there are none. */
async function contextsBefore(
  { commits }: GitProvider,
  statuses: Statuses,
  query: FluxReportsQuery,
  commit: string,
): Promise<FluxReports["before"]> {
  const contexts = new Set<string>();
  let reported = 0;
  for (const sha of (await commits?.before(query.repository, commit, most)) ?? []) {
    const { reports } = await readReports(statuses, query, sha);
    for (const { context } of reports) contexts.add(context);
    if (reports.length > 0 && (reported += 1) === enough) break;
  }
  return [...contexts].toSorted();
}

async function readReports(
  statuses: Statuses,
  { repository, status }: FluxReportsQuery,
  ref: string,
): Promise<{ readonly commit: string; readonly reports: readonly CommitStatus[] }> {
  const list = await statuses.list(repository, ref);
  return { commit: list.commit, reports: list.statuses.filter((each) => isReport(each, status)) };
}

/** Flux's own contexts are `kustomization/NAME/ID` and `helmrelease/NAME/ID`. https://fluxcd.io/flux/components/notification/providers/#git-commit-status-updates */
function isReport({ context }: CommitStatus, wanted: string | undefined): boolean {
  return wanted === undefined ? /^(kustomization|helmrelease)\//i.test(context) : context === wanted || context.startsWith(`${wanted}/`);
}
