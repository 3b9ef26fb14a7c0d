import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError } from "../../core/errors.ts";
import type { PullRequestAdditions } from "../../core/git/provider.ts";
import type { Owned } from "./connection.ts";
import { statusOf } from "./failure.ts";

/**
 * Adds missing labels, reviewers and assignees to a pull request. The requests only add, so nobody else's are lost. All is tried before the first
 * failure is thrown.
 * https://docs.github.com/en/rest/issues
 */
export async function addToPull(octokit: Octokit, at: Owned, number: number, additions: PullRequestAdditions): Promise<void> {
  const { labels, assignees, reviewers, teamReviewers, milestone } = additions;
  const issue = { ...at, issue_number: number };
  const failures: unknown[] = [];
  const attempt = async (wanted: boolean, add: () => Promise<unknown>): Promise<void> => {
    if (wanted) await add().catch((error: unknown) => failures.push(error));
  };
  await attempt(labels.length > 0, () => octokit.rest.issues.addLabels({ ...issue, labels: [...labels] }));
  await attempt(assignees.length > 0, () => assign(octokit, { ...issue, assignees: [...assignees] }));
  await attempt(milestone !== undefined, async () =>
    octokit.rest.issues.update({ ...issue, milestone: await findMilestone(octokit, at, milestone ?? "") }),
  );
  await attempt(reviewers.length + teamReviewers.length > 0, () => askReviewers(octokit, { ...at, pull_number: number }, additions));
  if (failures.length > 0) throw failures[0];
}

/** Asks all at once, and where GitHub takes not all of them, each alone: one wrong name is not the others' fault. */
async function askReviewers(
  octokit: Octokit,
  pull: Owned & { readonly pull_number: number },
  { reviewers, teamReviewers }: PullRequestAdditions,
): Promise<void> {
  const ask = (users: readonly string[], teams: readonly string[]): Promise<unknown> =>
    octokit.rest.pulls.requestReviewers({ ...pull, reviewers: [...users], team_reviewers: [...teams] });
  try {
    await ask(reviewers, teamReviewers);
  } catch (error) {
    if (statusOf(error) !== 422 || reviewers.length + teamReviewers.length === 1) throw error;
    for (const user of reviewers) await ask([user], []).catch(() => undefined);
    for (const team of teamReviewers) await ask([], [team]).catch(() => undefined);
    throw error;
  }
}

/**
 * GitHub silently leaves out users that cannot be assigned.
 * https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue
 */
async function assign(octokit: Octokit, issue: Owned & { issue_number: number; assignees: string[] }): Promise<void> {
  const { data } = await octokit.rest.issues.addAssignees(issue);
  const assigned = new Set((data.assignees ?? []).map(({ login }) => login.toLowerCase()));
  const left = issue.assignees.filter((login) => !assigned.has(login.toLowerCase()));
  if (left.length === 0) return;
  throw new FairleadError(
    "input",
    `assign ${left.join(", ")} to pull request #${issue.issue_number}: they cannot be assigned in this repository`,
    {
      hint: "name users who may write to the repository",
    },
  );
}

/**
 * Throws `input` for what cannot be added to a pull request. A team is not asked for: a token for a repository may not see teams.
 * https://docs.github.com/en/rest/issues/assignees#check-if-a-user-can-be-assigned and
 * https://docs.github.com/en/rest/collaborators/collaborators#check-if-a-user-is-a-repository-collaborator
 */
export async function checkAdditions(octokit: Octokit, at: Owned, additions: PullRequestAdditions): Promise<void> {
  const { assignees, reviewers, milestone } = additions;
  if (milestone !== undefined) await findMilestone(octokit, at, milestone);
  await assertKnown(assignees, "be assigned", (assignee) => octokit.rest.issues.checkUserCanBeAssigned({ ...at, assignee }));
  await assertKnown(reviewers, "review", (username) => octokit.rest.repos.checkCollaborator({ ...at, username }));
}

/** GitHub answers 404 for a user who may not; any other failure says nothing of the user. */
async function assertKnown(logins: readonly string[], act: string, ask: (login: string) => Promise<unknown>): Promise<void> {
  const statuses = await Promise.all(logins.map(async (login) => await ask(login).then(() => 204, statusOf)));
  const unknown = logins.filter((_, at) => statuses[at] === 404);
  if (unknown.length === 0) return;
  throw new FairleadError("input", `find ${unknown.join(", ")}: no such users may ${act} in this repository`, {
    hint: "name users who may write to the repository",
  });
}

async function findMilestone(octokit: Octokit, at: Owned, title: string): Promise<number> {
  const open = await octokit.paginate(octokit.rest.issues.listMilestones, { ...at, state: "open", per_page: 100 });
  const found = open.find((each) => each.title === title);
  if (found !== undefined) return found.number;
  throw new FairleadError("input", `find milestone "${title}": the repository has no open one of that title`, {
    hint: open.length === 0 ? "open a milestone first" : `name one of: ${open.map((each) => each.title).join(", ")}`,
  });
}
