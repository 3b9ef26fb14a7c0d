import { FairleadError, Stale } from "../core/errors.ts";
import {
  type MergeMethod,
  type PullRequest,
  type PullRequestAdditions,
  type PullRequests,
  requirePullRequests,
} from "../core/git/provider.ts";
import { markedBody, readMarker, type PullRequestMarker } from "../core/change/marker.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { type Context, unchanged, type Step } from "../core/run/step.ts";
import { type Change } from "../core/run/change.ts";

/** The pull request that there should be. */
export interface OpenPullRequestInput {
  readonly repository: Repository;
  readonly head: string;
  readonly base: string;
  readonly marker: Omit<PullRequestMarker, "run" | "supersededBy">;
  /** Returns the words, for the run that they tell of. */
  text(run: string): { readonly title: string; readonly body: string };
  readonly additions: PullRequestAdditions;
  readonly draft: boolean;
  readonly autoMerge: MergeMethod | undefined;
}

/** The pull request that there is. In a dry run it has no number yet. */
export type OpenedPullRequest = {
  readonly number: number | null;
  readonly url: string | null;
  /** The highest number of a pull request that was there when this one was asked for: those up to it are older. */
  readonly newest: number | null;
};

/**
 * Opens a pull request, or adopts the open one from the same branch: title and body are brought up to date, what is missing is added, and
 * nothing that somebody else has put there is taken away.
 */
export const openPullRequest: Step<OpenPullRequestInput, OpenedPullRequest> = {
  name: "open-pull-request",
  needs: ["pull-requests:write"],
  key: ({ repository, head, base }) => `${formatRepository(repository)} ${head} → ${base}`,
  async plan(ctx, input) {
    const { repository, head, base, additions, autoMerge } = input;
    const pulls = requirePullRequests(ctx.gitProvider(repository.host), repository);
    const others = await pulls.list({ repository, base, state: "open" });
    const existing = others.find((pull) => pull.head === head && !pull.fork);
    const text = wantedText(input, existing, ctx.id);
    const target = `pull request ${formatRepository(repository)} ${head} → ${base}`;
    const missing = existing === undefined ? additions : await missingOf(pulls, repository, existing, additions);
    const additional = additionChanges(target, missing);
    if (additional.length > 0) await pulls.checkAdditions(repository, missing);
    const isOld = existing !== undefined && !sameText(existing, text);
    const merging = autoMerge !== undefined && existing?.autoMerge === undefined ? autoMerge : undefined;
    const changes: readonly Change[] = [
      ...(existing === undefined ? [{ target, action: "create", to: text.title } as const] : []),
      ...(isOld ? [{ target, action: "update", from: existing.title, to: text.title } as const] : []),
      ...additional,
      ...(merging === undefined ? [] : [{ target: `${target}: auto-merge`, action: "update", to: merging } as const]),
    ];
    // A run that goes on may have opened it itself, and what came after that is newer.
    const newest = ctx.resumed ? undefined : others[0]?.number;
    const expected = existing === undefined ? { number: null, url: null, newest: null } : numbered(existing, newest);
    if (changes.length === 0) return unchanged(expected);
    return {
      changes,
      warnings: [],
      expected,
      async apply() {
        const opened = existing ?? (await open(ctx, pulls, input, text));
        if (isOld) await pulls.edit(repository, opened.number, text);
        const added = additional.length > 0 ? pulls.add(repository, opened.number, missing) : undefined;
        const [failed] = await Promise.allSettled([added]); // a reviewer who cannot be asked keeps nothing from being merged
        if (merging !== undefined) await pulls.autoMerge(repository, opened, merging);
        if (failed.status === "rejected") throw failed.reason;
        return numbered(opened, existing && newest);
      },
    };
  },
};

/** The words stay those of the run that wrote them, as long as nothing else in them has changed. */
function wantedText(input: OpenPullRequestInput, existing: PullRequest | undefined, run: string): { title: string; body: string } {
  const words = (by: string): { title: string; body: string } => {
    const { title, body } = input.text(by);
    return { title, body: markedBody(body, { ...input.marker, run: by, supersededBy: undefined }, existing?.body) };
  };
  const writer = existing && readMarker(existing.body)?.run;
  const same = writer === undefined ? undefined : words(writer);
  return existing !== undefined && same !== undefined && sameText(existing, same) ? same : words(run);
}

/** Whoever edits a body in a browser sends it back with other line ends. */
function sameText(
  one: { readonly title: string; readonly body: string },
  other: { readonly title: string; readonly body: string },
): boolean {
  const plain = (body: string): string => body.replaceAll("\r\n", "\n").trimEnd();
  return one.title === other.title && plain(one.body) === plain(other.body);
}

/** Returns the additions still missing. A person who has reviewed is not asked again, and one asked instead counts. */
async function missingOf(
  pulls: PullRequests,
  repository: Repository,
  existing: PullRequest,
  { labels, assignees, reviewers, teamReviewers, milestone }: PullRequestAdditions,
): Promise<PullRequestAdditions> {
  const lacking = (wanted: readonly string[], has: readonly string[]): readonly string[] => {
    const names = new Set(has.map((name) => name.toLowerCase()));
    return wanted.filter((name) => !names.has(name.toLowerCase()));
  };
  const users = lacking(reviewers, existing.reviewers);
  const teams = lacking(teamReviewers, existing.teamReviewers);
  const asked = users.length + teams.length === 0 || (await pulls.isReviewed(repository, existing.number));
  return {
    labels: lacking(labels, existing.labels),
    assignees: lacking(assignees, existing.assignees),
    reviewers: asked ? [] : users,
    teamReviewers: asked ? [] : teams,
    milestone: existing.milestone === undefined ? milestone : undefined,
  };
}

function additionChanges(target: string, { milestone, ...lists }: PullRequestAdditions): readonly Change[] {
  const words = { labels: "labels", assignees: "assignees", reviewers: "reviewers", teamReviewers: "team reviewers" } as const;
  const listed = Object.entries(words).flatMap(([field, word]): readonly Change[] => {
    const names = lists[field as keyof typeof words];
    return names.length === 0 ? [] : [{ target: `${target}: ${word}`, action: "update", to: names.join(", ") }];
  });
  return [...listed, ...(milestone === undefined ? [] : [{ target: `${target}: milestone`, action: "update", to: milestone } as const])];
}

async function open(
  ctx: Context,
  pulls: PullRequests,
  input: OpenPullRequestInput,
  text: { title: string; body: string },
): Promise<PullRequest> {
  const { repository, head, base, draft } = input;
  try {
    return await pulls.open({ repository, head, base }, text, draft);
  } catch (error) {
    const [other] = await pulls.list({ repository, base, head, state: "open" });
    if (other === undefined) throw await explain(ctx, input, error);
    throw new Stale(`pull request ${head} → ${base} was opened by somebody else`);
  }
}

/** Whoever deploys the same place meanwhile takes the branch for one that a stopped run has left. */
async function explain(ctx: Context, { repository, head, base }: OpenPullRequestInput, error: unknown): Promise<unknown> {
  const isRefusal = error instanceof FairleadError && ["input", "not_found", "conflict"].includes(error.code);
  if (!isRefusal || (await ctx.git.openIfThere(repository, head)) !== undefined) return error;
  const what = `open pull request ${head} → ${base} in ${formatRepository(repository)}`;
  return new FairleadError("conflict", `${what}: its branch was deleted meanwhile, as by a newer deployment`, {
    hint: "run it again",
    cause: error,
  });
}

function numbered({ number, url }: PullRequest, newest = number): OpenedPullRequest {
  return { number, url, newest };
}
