import { FairleadError } from "../core/errors.ts";
import type { EventPattern } from "../core/event.ts";
import { fluxReadiness, type FluxReportsQuery } from "../core/deploy/flux-status.ts";
import { type GitProvider, requirePullRequests } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Step } from "../core/run/step.ts";

/** The condition on which a deployment counts as done. */
export interface WaitInput {
  readonly repository: Repository;
  readonly base: string;
  readonly for: "merged" | "ready";
  /** The pull request that has to be merged: null in a dry run; undefined if the commit is on the base already. */
  readonly number: number | null | undefined;
  /** The commit that is on the base already. */
  readonly commit: string | null;
  /** The context of the commit status that reports readiness, or its beginning; undefined: Flux's own contexts. */
  readonly status: string | undefined;
  readonly until: Date;
}

/** The commit of the base that has the change; null in a dry run. */
export type Waited = { readonly commit: string | null; readonly ready: boolean };

/** Waits until a pull request is merged, and until Flux reports that the merged commit is ready. */
export const waitStep: Step<WaitInput, Waited> = {
  name: "wait",
  needs: ["pull-requests:read", "statuses:read", "contents:read"],
  wakesOn: ["pull-request", "reconciliation"],
  key: ({ repository, for: what, number, commit }) =>
    `${formatRepository(repository)} ${number === undefined ? (commit ?? "") : `#${number ?? "(known after it is opened)"}`} ${what}`,
  async plan(ctx, input) {
    const { repository, until } = input;
    const expected = { commit: null, ready: input.for === "ready" };
    const name = formatRepository(repository);
    const waiting = (what: string, seen: string, wakeOn?: EventPattern) => ({
      ...unchanged<Waited>(expected),
      wait: { for: `${what} of ${name}`, seen, until, wakeOn },
    });
    if (input.number === null) return waiting("the pull request", "it is not open yet");
    const provider = ctx.gitProvider(repository.host);
    const commit = input.number === undefined ? input.commit : await mergeCommit(provider, repository, input.number);
    if (commit === undefined || commit === null) {
      const number = input.number ?? 0;
      return waiting(`the merge of pull request #${number}`, "it is open", { kind: "pull-request", repository: name, number });
    }
    if (input.for === "merged") return unchanged({ commit, ready: false });
    const seen = await reported(provider, { ...input, now: ctx.now() }, commit);
    return seen === "ready"
      ? unchanged({ commit, ready: true })
      : waiting(`the report of Flux on commit ${commit.slice(0, 12)}`, seen, { kind: "reconciliation" });
  },
};

/**
 * Returns the merge commit; undefined while the pull request is open. Throws `conflict` if it can no longer be merged.
 */
async function mergeCommit(provider: GitProvider, repository: Repository, number: number): Promise<string | undefined> {
  const pull = await requirePullRequests(provider, repository).read(repository, number);
  if (pull.state === "open") return undefined;
  if (pull.state === "merged" && pull.mergeCommit !== undefined) return pull.mergeCommit;
  throw new FairleadError(
    "conflict",
    `wait for pull request #${number} of ${formatRepository(repository)}: it was closed without being merged`,
    {
      hint: `see ${pull.url}`,
    },
  );
}

/** Returns `ready`, or the current state. A failure is waited over, since Flux tries again. */
async function reported(provider: GitProvider, query: FluxReportsQuery, commit: string): Promise<string> {
  const readiness = await fluxReadiness(provider, query, commit);
  if (readiness.state === "silent") return "it is merged, and there is no report";
  return readiness.state === "ready" ? "ready" : readiness.why;
}
