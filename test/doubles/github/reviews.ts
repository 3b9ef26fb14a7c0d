/** https://docs.github.com/en/rest/pulls/review-requests and /reviews */
import { viewPullSimple } from "./pull-views.ts";
import { type Answer, notFound, page, refuse, type RepositoryCall, type Route } from "./route.ts";
import { findPull, type PullRequest, type Review } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, viewUser } from "./views.ts";

function requirePull({ repository, params }: RepositoryCall): PullRequest {
  const pull = findPull(repository, Number(params.pull_number));
  if (!pull) throw notFound();
  return pull;
}

function requestReviewers(call: RepositoryCall): Answer {
  const pull = requirePull(call);
  const { settings } = call.repository;
  const { reviewers = [], team_reviewers: teams = [] } = call.body as {
    readonly reviewers?: readonly string[];
    readonly team_reviewers?: readonly string[];
  };
  if (reviewers.includes(pull.user)) throw refuse(422, "Review cannot be requested from pull request author.");
  if (reviewers.some((login) => !settings.collaborators.includes(login)))
    throw refuse(
      422,
      "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator.",
    );
  if (teams.some((slug) => !settings.teams.includes(slug))) throw refuse(422, "Could not resolve to a node with the global id of 'T_0'.");
  pull.reviewers = [...new Set([...pull.reviewers, ...reviewers])];
  pull.teams = [...new Set([...pull.teams, ...teams])];
  pull.updatedAt = new Date();
  return { status: 201, body: viewPullSimple(call, pull) };
}

function listReviews(call: RepositoryCall): Answer {
  const pull = requirePull(call);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/pulls/${pull.number}/reviews`, pull.reviews);
  return { status: 200, body: items.map((review) => viewReview(call, pull, review)), headers };
}

function viewReview({ state, repository }: RepositoryCall, pull: PullRequest, review: Review): object {
  const { id, user, at, state: verdict, commit, bot = false } = review;
  const html = `${state.origin}/${repository.fullName}/pull/${pull.number}#pullrequestreview-${id}`;
  const api = apiUrl(state, `${repositoryPath(repository)}/pulls/${pull.number}`);
  return {
    id,
    node_id: nodeId("PullRequestReview", id),
    user: { ...viewUser(state, user), ...(bot && { type: "Bot" }) },
    body: "",
    state: verdict,
    commit_id: commit,
    html_url: html,
    pull_request_url: api,
    _links: { html: { href: html }, pull_request: { href: api } },
    submitted_at: time(at),
    author_association: "MEMBER",
  };
}

export const reviews: readonly Route[] = [
  { method: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", access: "write", handle: requestReviewers },
  { method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", access: "read", handle: listReviews },
];
