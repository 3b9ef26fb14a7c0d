import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError } from "../../core/errors.ts";
import type { PullRequestAdditions } from "../../core/git/provider.ts";
import type { Owned } from "./connection.ts";

/**
 * Adds missing labels, reviewers and assignees to a pull request. The requests only add, so nobody else's are lost.
 * https://docs.github.com/en/rest/issues
 */
export async function addToPull(octokit: Octokit, at: Owned, number: number, additions: PullRequestAdditions): Promise<void> {
  const { labels, assignees, reviewers, teamReviewers, milestone } = additions;
  const issue = { ...at, issue_number: number };
  if (labels.length > 0) await octokit.rest.issues.addLabels({ ...issue, labels: [...labels] });
  if (assignees.length > 0) await assign(octokit, { ...issue, assignees: [...assignees] });
  if (milestone !== undefined) await octokit.rest.issues.update({ ...issue, milestone: await findMilestone(octokit, at, milestone) });
  if (reviewers.length + teamReviewers.length > 0) {
    const asked = { reviewers: [...reviewers], team_reviewers: [...teamReviewers] };
    await octokit.rest.pulls.requestReviewers({ ...at, pull_number: number, ...asked });
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

async function findMilestone(octokit: Octokit, at: Owned, title: string): Promise<number> {
  const open = await octokit.paginate(octokit.rest.issues.listMilestones, { ...at, state: "open", per_page: 100 });
  const found = open.find((each) => each.title === title);
  if (found !== undefined) return found.number;
  throw new FairleadError("input", `find milestone "${title}": the repository has no open one of that title`, {
    hint: open.length === 0 ? "open a milestone first" : `name one of: ${open.map((each) => each.title).join(", ")}`,
  });
}
