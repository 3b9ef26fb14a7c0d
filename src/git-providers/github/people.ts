import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError } from "../../core/errors.ts";
import {
  rights,
  type EnvironmentDecision,
  type People,
  type Person,
  type Review,
  type Right,
  type WrittenComment,
} from "../../core/git/people.ts";
import { formatRepository, type Repository } from "../../core/git/repository.ts";
import { statusOf } from "./failure.ts";
import type { Owned } from "./connection.ts";
import type { Call } from "./pulls.ts";

const pulls = ["pull-requests:read"] as const;
const comments = ["comments:read"] as const;
const contents = ["contents:read"] as const;
const members = ["members:read"] as const;
const workflows = ["workflows:read"] as const;

/** Returns what GitHub says of people, and what they have said. */
export function githubPeople(call: Call): People {
  const checkTeam = (repository: Repository, team: string): Promise<void> =>
    call(`read team ${team} for`, repository, members, async (octokit) => {
      await ofTeam(team, repository, () => octokit.rest.teams.getByName(teamAt(team)));
    });
  return {
    right: (repository, login) =>
      call(`read the right of ${login} in`, repository, contents, async (octokit, at) => await readRight(octokit, at, login)),
    checkTeam,
    isMember: async (repository, team, login) =>
      await call(`read members of team ${team} for`, repository, members, async (octokit) => {
        const membership = await unlessMissing(octokit.rest.teams.getMembershipForUserInOrg({ ...teamAt(team), username: login }));
        if (membership === undefined) await checkTeam(repository, team); // GitHub says the same of a team that it does not show
        return membership?.data.state === "active"; // who was invited is none yet
      }),
    reviews: (repository, number) =>
      call(`read reviews of pull request #${number} of`, repository, pulls, async (octokit, at) =>
        (await octokit.paginate(octokit.rest.pulls.listReviews, { ...at, pull_number: number, per_page: 100 })).map(toReview),
      ),
    comments: (repository, number) =>
      call(`read comments on pull request #${number} of`, repository, comments, async (octokit, at) =>
        (await octokit.paginate(octokit.rest.issues.listComments, { ...at, issue_number: number, per_page: 100 })).map(toComment),
      ),
    commitOf: (repository, start) =>
      call(`read commit ${start} of`, repository, contents, async (octokit, at) => {
        const found = await unlessMissing(octokit.rest.repos.getCommit({ ...at, ref: start, per_page: 1 }));
        return found?.data.sha.startsWith(start) === true ? found.data.sha : undefined; // a branch may have such a name
      }),
    environmentDecisions: (repository, workflowRun) =>
      call(`read approvals of workflow run ${workflowRun} of`, repository, workflows, async (octokit, at) =>
        (await octokit.rest.actions.getReviewsForRun({ ...at, run_id: Number(workflowRun) })).data.map(toDecision),
      ),
  };
}

function teamAt(team: string): { readonly org: string; readonly team_slug: string } {
  const [org = "", slug = ""] = team.split("/");
  return { org, team_slug: slug };
}

/** GitHub does not tell a team that is not there from one that a token may not see. https://docs.github.com/en/rest/teams/teams#get-a-team-by-name */
async function ofTeam(team: string, repository: Repository, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new FairleadError(
      "not_found",
      `read team ${team} for ${formatRepository(repository)}: there is no such team, or the token does not show it`,
      {
        hint: "check its name, and let the token read members: members: read of an app, read:org of a classic token",
        cause: error,
      },
    );
  }
}

/**
 * Returns the right by its role; one of an organization's own roles has the base right. GitHub answers 404 for an account that is not there.
 * https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
 */
async function readRight(octokit: Octokit, at: Owned, username: string): Promise<Right> {
  const found = await unlessMissing(octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username }));
  if (found === undefined) {
    await octokit.rest.repos.get(at); // else it is the repository that is not shown
    return "none";
  }
  const { role_name: role, permission } = found.data;
  return rights.find((each) => each === role) ?? rights.find((each) => each === permission) ?? "none";
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch((error: unknown) => {
    // of a short SHA that fits several commits, GitHub says that it is none
    if (statusOf(error) === 404 || statusOf(error) === 422) return undefined;
    throw error;
  });
}

/** An account in GitHub's answers. */
interface GitHubUser {
  readonly login: string;
  readonly type: string;
}

/** The account of whoever has left. https://docs.github.com/en/account-and-profile/concepts/account-deletion */
const ghost = "ghost";

function toPerson(user: GitHubUser | null | undefined): Person | undefined {
  if (user === null || user === undefined || user.login === ghost) return undefined;
  return { login: user.login, isBot: user.type !== "User" };
}

const states: Readonly<Record<string, Review["state"]>> = {
  APPROVED: "approved",
  CHANGES_REQUESTED: "changes-requested",
  COMMENTED: "commented",
  DISMISSED: "dismissed",
  PENDING: "pending",
};

interface GitHubReview {
  readonly user: GitHubUser | null;
  readonly state: string;
  readonly commit_id: string | null;
  readonly submitted_at?: string | undefined;
  readonly html_url: string;
}

/** Of a state that GitHub may add, nothing is known: it says nothing. */
function toReview({ user, state, commit_id: commit, submitted_at: at, html_url: url }: GitHubReview): Review {
  return { author: toPerson(user), state: states[state] ?? "commented", commit: commit ?? undefined, at, url };
}

interface GitHubComment {
  readonly user: GitHubUser | null;
  readonly body?: string | null | undefined;
  readonly created_at: string;
  readonly updated_at: string;
  readonly html_url: string;
  readonly performed_via_github_app?: object | null | undefined;
}

function toComment(comment: GitHubComment): WrittenComment {
  const { user, body, created_at: at, updated_at: updated, html_url: url, performed_via_github_app: app } = comment;
  return { author: toPerson(user), text: body ?? "", at, isEdited: updated !== at, byProgram: app !== null && app !== undefined, url };
}

interface GitHubApproval {
  readonly environments: readonly { readonly name?: string | undefined }[];
  readonly state: "approved" | "rejected" | "pending";
  readonly user: GitHubUser;
}

function toDecision({ environments, state, user }: GitHubApproval): EnvironmentDecision {
  return { by: toPerson(user), verdict: state, environments: environments.flatMap(({ name }) => name ?? []) };
}
