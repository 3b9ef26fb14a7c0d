/**
 * The permission that the token of an installation needs for each route: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps.
 * Several, of which one will do, are separated by ` or `. `anyone` needs no token, `app` is for an App's own JSON Web Token, `person` is closed to Apps.
 */
import type { Grant } from "../../access.ts";
import { refuse, type Refusal } from "../route.ts";
import { allows, type Level, type Permissions } from "./state.ts";

export const needs: Readonly<Record<string, string>> = {
  "GET /app": "app",
  "POST /app-manifests/{code}/conversions": "anyone",
  "GET /app/hook/config": "app",
  "PATCH /app/hook/config": "app",
  "GET /app/installations": "app",
  "GET /app/installations/{installation_id}": "app",
  "POST /app/installations/{installation_id}/access_tokens": "app",
  "GET /installation/repositories": "metadata: read",
  "GET /meta": "anyone",
  "POST /orgs/{org}/artifacts/metadata/deployment-record": "artifact_metadata: write or contents: write",
  "POST /orgs/{org}/artifacts/metadata/storage-record": "artifact_metadata: write or contents: write",
  "GET /orgs/{org}/artifacts/{subject_digest}/metadata/deployment-records": "artifact_metadata: read",
  "GET /orgs/{org}/artifacts/{subject_digest}/metadata/storage-records": "artifact_metadata: read",
  "GET /orgs/{org}/installation": "app",
  "GET /orgs/{org}/teams/{team_slug}": "members: read",
  "GET /orgs/{org}/teams/{team_slug}/memberships/{username}": "members: read",
  "GET /rate_limit": "anyone",
  "GET /repos/{owner}/{repo}": "metadata: read",
  "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": "actions: read",
  "GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs": "actions: read",
  "GET /repos/{owner}/{repo}/actions/runs": "actions: read",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}": "actions: read",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals": "actions: read",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": "actions: read",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs": "actions: read",
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments": "actions: read",
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}": "actions: read",
  "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": "actions: write",
  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": "actions: read",
  "GET /repos/{owner}/{repo}/assignees/{assignee}": "issues: read or pull_requests: read",
  "GET /repos/{owner}/{repo}/branches/{branch}": "contents: read",
  "POST /repos/{owner}/{repo}/check-runs": "checks: write",
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}": "checks: read",
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}": "checks: write",
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": "checks: read",
  "GET /repos/{owner}/{repo}/collaborators/{username}": "metadata: read",
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": "metadata: read",
  "GET /repos/{owner}/{repo}/commits": "contents: read",
  "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls": "pull_requests: read",
  "GET /repos/{owner}/{repo}/commits/{ref}": "contents: read",
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": "checks: read",
  "GET /repos/{owner}/{repo}/commits/{ref}/status": "statuses: read",
  "GET /repos/{owner}/{repo}/commits/{ref}/statuses": "statuses: read",
  "GET /repos/{owner}/{repo}/compare/{basehead}": "contents: read",
  "GET /repos/{owner}/{repo}/contents/{path}": "contents: read",
  "GET /repos/{owner}/{repo}/deployments": "deployments: read",
  "POST /repos/{owner}/{repo}/deployments": "deployments: write",
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}": "deployments: read",
  "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": "deployments: read",
  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": "deployments: write",
  "POST /repos/{owner}/{repo}/dispatches": "contents: write",
  "GET /repos/{owner}/{repo}/environments": "actions: read",
  "GET /repos/{owner}/{repo}/environments/{environment_name}": "actions: read",
  "POST /repos/{owner}/{repo}/git/blobs": "contents: write",
  "GET /repos/{owner}/{repo}/git/blobs/{file_sha}": "contents: read",
  "POST /repos/{owner}/{repo}/git/commits": "contents: write",
  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}": "contents: read",
  "GET /repos/{owner}/{repo}/git/matching-refs/{ref}": "contents: read",
  "GET /repos/{owner}/{repo}/git/ref/{ref}": "contents: read",
  "POST /repos/{owner}/{repo}/git/refs": "contents: write",
  "DELETE /repos/{owner}/{repo}/git/refs/{ref}": "contents: write",
  "PATCH /repos/{owner}/{repo}/git/refs/{ref}": "contents: write",
  "GET /repos/{owner}/{repo}/git/tags/{tag_sha}": "contents: read",
  "POST /repos/{owner}/{repo}/git/trees": "contents: write",
  "GET /repos/{owner}/{repo}/git/trees/{tree_sha}": "contents: read",
  "GET /repos/{owner}/{repo}/installation": "app",
  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": "issues: write or pull_requests: write",
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}": "issues: read or pull_requests: read",
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": "issues: write or pull_requests: write",
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}": "issues: write or pull_requests: write",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/assignees": "issues: write or pull_requests: write",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": "issues: read or pull_requests: read",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": "issues: write or pull_requests: write",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/labels": "issues: read or pull_requests: read",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/labels": "issues: write or pull_requests: write",
  "GET /repos/{owner}/{repo}/milestones": "issues: read or pull_requests: read",
  "GET /repos/{owner}/{repo}/pulls": "pull_requests: read",
  "POST /repos/{owner}/{repo}/pulls": "pull_requests: write",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": "pull_requests: read",
  "PATCH /repos/{owner}/{repo}/pulls/{pull_number}": "pull_requests: write",
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge": "contents: write",
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": "pull_requests: write",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews": "pull_requests: read",
  "POST /repos/{owner}/{repo}/statuses/{sha}": "statuses: write",
  "GET /user": "person",
  "GET /users/{username}/installation": "app",
  // each query and mutation looks at what it needs itself
  "POST /api/graphql": "metadata: read",
};

/** Returns GitHub's refusal of a token of an installation for a route; undefined for every other token, and where it may. */
export function lacks(grant: Grant | undefined, method: string, path: string): Refusal | undefined {
  if (grant?.installation === undefined) return undefined;
  const need = needs[`${method} ${path}`];
  if (need === undefined) throw new Error(`${method} ${path}: apps/needs.ts does not say what a token of an installation needs`);
  if (need === "anyone" || fits(grant.installation.permissions, need)) return undefined;
  return refuse(403, "Resource not accessible by integration", {}, { "x-accepted-github-permissions": spell(need) });
}

/** Tells whether the token of an installation has a permission, such as `contents: write`. Others are not asked. */
export function mayDo(grant: Grant | undefined, need: string): boolean {
  return grant?.installation === undefined || fits(grant.installation.permissions, need);
}

function fits(permissions: Permissions, need: string): boolean {
  return need.split(" or ").some((each) => {
    const [name = "", level] = each.split(": ");
    return allows(permissions, name, level as Level);
  });
}

/** As GitHub's header has it: `issues=write; pull_requests=write`. */
const spell = (need: string): string => need.replaceAll(": ", "=").replaceAll(" or ", "; ");
