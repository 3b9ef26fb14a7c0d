/** https://docs.github.com/en/rest/repos/repos, /branches, /commits, and what is about the host itself. */
import { mayRead, mayWrite } from "../access.ts";
import { tryGit } from "../bare.ts";
import { readCommit, requireCommit, viewCommit } from "./commits.ts";
import { type Answer, refuse, type RepositoryCall, type Route } from "./route.ts";
import { apiUrl, repositoryPath, viewFullUser, viewRepository } from "./views.ts";

function getRepository({ state, repository, grant }: RepositoryCall): Answer {
  // of an App's installation it says nothing here
  const push = grant?.installation === undefined && mayWrite(grant, repository.fullName);
  const permissions = {
    admin: false,
    maintain: push,
    push,
    triage: push,
    pull: grant?.installation === undefined && (mayRead(grant, repository.fullName) || !repository.private),
  };
  const settings = {
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: false,
    allow_auto_merge: false,
    allow_update_branch: false,
    delete_branch_on_merge: false,
    merge_commit_title: "MERGE_MESSAGE",
    merge_commit_message: "PR_TITLE",
    squash_merge_commit_title: "PR_TITLE",
    squash_merge_commit_message: "PR_BODY",
  };
  const body = { ...viewRepository(state, repository), ...(grant && { permissions }), ...settings, subscribers_count: 0, network_count: 0 };
  return { status: 200, body };
}

async function getBranch({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const name = params.branch ?? "";
  const sha = await tryGit(repository.folder, ["rev-parse", "-q", "--verify", `refs/heads/${name}`]);
  if (sha === undefined) throw refuse(404, "Branch not found");
  const self = apiUrl(state, `${repositoryPath(repository)}/branches/${encodeURIComponent(name)}`);
  const checks = { enforcement_level: "off", contexts: [], checks: [] };
  return {
    status: 200,
    body: {
      name,
      commit: viewCommit(state, repository, await readCommit(repository, sha)),
      _links: { self, html: `${state.origin}/${repository.fullName}/tree/${name}` },
      protected: false,
      protection: { enabled: false, required_status_checks: checks },
      protection_url: `${self}/protection`,
    },
  };
}

async function getCommit({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const sha = await requireCommit(repository, params.ref ?? "");
  return { status: 200, body: viewCommit(state, repository, await readCommit(repository, sha)) };
}

const limit = 5000;
const hour = 3600;

/** The rate is never used up by itself: `fail` answers as if it were. */
export function rateLimit(now: Date): Readonly<Record<"limit" | "remaining" | "reset" | "used", number>> {
  return { limit, remaining: limit - 1, reset: Math.floor(now.getTime() / 1000) + hour, used: 1 };
}

function getRateLimit(): Answer {
  const rate = rateLimit(new Date());
  return { status: 200, body: { rate, resources: { core: rate, search: { ...rate, limit: 30, remaining: 30, used: 0 } } } };
}

export const repositories: readonly Route[] = [
  // as GitHub Enterprise Server answers: its version instead of github.com's addresses
  {
    method: "GET",
    path: "/meta",
    access: "anyone",
    handle: () => ({ status: 200, body: { verifiable_password_authentication: false, installed_version: "3.20.0" } }),
  },
  { method: "GET", path: "/rate_limit", access: "anyone", handle: getRateLimit },
  { method: "GET", path: "/user", access: "user", handle: ({ state, login }) => ({ status: 200, body: viewFullUser(state, login) }) },
  { method: "GET", path: "/repos/{owner}/{repo}", access: "read", handle: getRepository },
  { method: "GET", path: "/repos/{owner}/{repo}/branches/{branch}", access: "read", handle: getBranch },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}", access: "read", handle: getCommit },
];
