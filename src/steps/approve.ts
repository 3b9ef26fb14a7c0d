import { FairleadError } from "../core/errors.ts";
import type { EventPattern } from "../core/event.ts";
import type { Approvers } from "../core/gate/approvers.ts";
import { countOpinions } from "../core/gate/count.ts";
import { Rejected, type Decision, type FoundDecision } from "../core/gate/decision.ts";
import { environmentDecision, type WaitingEnvironment } from "../core/gate/environment.ts";
import { nameOf, readOpinions, type Opinion, type Opinions } from "../core/gate/opinions.ts";
import { lookAfter } from "../core/gate/pace.ts";
import { requirePeople, type People } from "../core/git/people.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { unchanged, type Context, type Plan, type Step } from "../core/run/step.ts";

/** A commit that somebody has to approve. */
export interface ApproveInput {
  readonly repository: Repository;
  /** A full SHA: no other commit is approved with it. */
  readonly commit: string;
  /** The pull request whose head it is; undefined: those that have it, or have brought it, are asked. */
  readonly pullRequest?: number | undefined;
  /** True for a commit of a fork, which no review approves: its author may push another one while somebody reviews (default: false). */
  readonly isOfFork?: boolean | undefined;
  readonly approvers: Approvers;
  /** An environment for which a run of a workflow waits: an approval of it is enough. */
  readonly environment?: WaitingEnvironment | undefined;
  /** What an administrator of this machine has decided. */
  readonly decision?: Decision | undefined;
  readonly until: Date;
}

/** Who has approved the commit, and how. All are null in a dry run of what nobody has approved yet. */
export type Approval = {
  readonly commit: string;
  readonly by: string | null;
  readonly how: "review" | "comment" | "environment" | "command line" | null;
  readonly url: string | null;
};

/** Waits until somebody who counts has approved a commit. Ends with `conflict` when one of them rejects it, or when nobody does in time. */
export const approveStep: Step<ApproveInput, Approval> = {
  name: "approve",
  needs: ["pull-requests:read", "comments:read", "contents:read"],
  at: "event",
  wakesOn: ["approval", "comment", "pull-request"],
  fresh: true,
  key: ({ repository, commit, pullRequest }) =>
    `${formatRepository(repository)} ${commit}${pullRequest === undefined ? "" : ` #${pullRequest}`}`,
  async plan(ctx, input) {
    const { repository, commit, decision, isOfFork = false } = input;
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw new FairleadError("input", `${doing(input)}: expected a full SHA`);
    if (decision?.commit === commit) return decided(input, decision);
    const people = requirePeople(ctx.gitProvider(repository.host), repository);
    await Promise.all(input.approvers.teams.map((team) => people.checkTeam(repository, team)));
    const ofEnvironment = await environmentApproval(ctx, input);
    if (ofEnvironment !== undefined && ofEnvironment !== "unclear") return unchanged(ofEnvironment);
    const numbers = await pullRequestsOf(ctx, input);
    const { approval, notes } = await weigh(people, input, await readOpinions(people, numbers, { repository, commit, isOfFork }));
    return approval === undefined
      ? waiting(ctx, input, numbers, [...(ofEnvironment === undefined ? [] : [unclear(input)]), ...notes])
      : unchanged(approval);
  },
};

/** The same, for approvers by their teams. */
export const approveByTeamStep: typeof approveStep = { ...approveStep, needs: [...approveStep.needs, "members:read"] };

/** The same, for an environment for which a workflow waits. */
export const approveEnvironmentStep: typeof approveStep = { ...approveByTeamStep, needs: [...approveByTeamStep.needs, "workflows:read"] };

function doing({ repository, commit }: ApproveInput): string {
  return `approve ${formatRepository(repository)} ${commit.slice(0, 12)}`;
}

const afterRejection = { hint: "change it, and push another commit" };

function rejected(input: ApproveInput, found: Omit<FoundDecision, "verdict" | "commit">, where: string): Rejected {
  const decision = { verdict: "rejected", commit: input.commit, ...found } as const;
  return new Rejected(`${doing(input)}: ${found.by} has rejected it ${where}`, decision, afterRejection);
}

function decided(input: ApproveInput, { verdict, commit, by, reason }: Decision): Plan<Approval> {
  if (verdict === "approved") return unchanged({ commit, by, how: "command line", url: null });
  const why = reason === null ? "" : `: ${reason}`;
  throw new FairleadError("conflict", `${doing(input)}: ${by} has rejected it on the command line${why}`, afterRejection);
}

async function environmentApproval(ctx: Context, input: ApproveInput): Promise<Approval | "unclear" | undefined> {
  const { repository, environment, commit } = input;
  if (environment === undefined) return undefined;
  const decision = await environmentDecision(ctx, repository, environment);
  if (decision === undefined || decision === "unclear") return decision;
  const found = { by: nameOf(decision.by), how: "environment", url: null } as const;
  if (decision.verdict === "rejected") throw rejected(input, found, `for environment ${environment.name}`);
  return { commit, ...found };
}

function unclear({ environment }: ApproveInput): string {
  return `environment ${environment?.name} was rejected and approved, and its workflow has not succeeded`;
}

/** Returns the pull requests on which the commit may be approved. Throws `conflict` where the given one has another head by now, or is closed. */
async function pullRequestsOf(ctx: Context, input: ApproveInput): Promise<readonly number[]> {
  const { repository, commit, pullRequest } = input;
  if (pullRequest === undefined) return (await ctx.gitProvider(repository.host).commits?.pullRequestsOf(repository, commit)) ?? [];
  const pull = await ctx.gitProvider(repository.host).pullRequests?.read(repository, pullRequest);
  if (pull === undefined || (pull.commit === commit && pull.state !== "closed")) return [pullRequest];
  const why = pull.state === "closed" ? "is closed" : `is at ${pull.commit.slice(0, 12)} by now`;
  throw new FairleadError("conflict", `${doing(input)}: pull request #${pullRequest} ${why}`, { hint: `see ${pull.url}` });
}

/** Returns the approval that counts, and why others do not. Throws `conflict` where somebody who counts has rejected the commit. */
async function weigh(
  people: People,
  input: ApproveInput,
  { opinions, notes }: Opinions,
): Promise<{ readonly approval: Approval | undefined; readonly notes: readonly string[] }> {
  const { counting, notes: others } = await countOpinions(people, input, opinions);
  const against = counting.find(({ verdict }) => verdict === "rejected");
  if (against !== undefined) throw rejected(input, foundIn(against), `in ${against.url}`);
  const withheld = counting.filter(({ verdict }) => verdict === "withheld");
  const approved = counting.find(({ verdict, how }) => verdict === "approved" && (how === "comment" || withheld.length === 0));
  const asking = withheld.map(({ by }) => `${nameOf(by)} asks for changes`);
  return { approval: approved && { commit: input.commit, ...foundIn(approved) }, notes: [...asking, ...others, ...notes] };
}

function foundIn({ by, how, url }: Opinion): Pick<FoundDecision, "by" | "how" | "url"> {
  return { by: nameOf(by), how, url };
}

/** The most reasons that a message has: whoever likes may comment. */
const mostNotes = 3;

function waiting(ctx: Context, input: ApproveInput, numbers: readonly number[], notes: readonly string[]): Plan<Approval> {
  const { repository, commit, until } = input;
  const shown = [...new Set(notes)];
  const more = shown.length > mostNotes ? [`${shown.length - mostNotes} more`] : [];
  const seen = ["nobody who counts has approved it", ...shown.slice(0, mostNotes), ...more].join("; ");
  if (ctx.now() >= until)
    throw new FairleadError("conflict", `${doing(input)}: not until ${until.toISOString()}: ${seen}`, {
      hint: "run it again to ask anew, or give its gate more time",
    });
  const name = formatRepository(repository);
  const onPulls = numbers.flatMap((number): EventPattern[] => [
    { kind: "comment", repository: name, number },
    { kind: "pull-request", repository: name, number },
  ]);
  const what = `approval of ${name} ${commit.slice(0, 12)}${numbers.length === 0 ? "" : ` (${numbers.map((each) => `#${each}`).join(", ")})`}`;
  return {
    ...unchanged({ commit, by: null, how: null, url: null }),
    wait: { for: what, seen, until, wakeOn: [{ kind: "approval", run: ctx.id }, ...onPulls], lookAfter: lookAfter(ctx) },
  };
}
