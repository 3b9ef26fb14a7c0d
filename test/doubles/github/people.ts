/** Rights, teams, and what people say: https://docs.github.com/en/rest/collaborators/collaborators, /teams/members, /actions/workflow-runs */
import type { Membership } from "./people-state.ts";
import { type Answer, type Call, notFound, type RepositoryCall, type Route } from "./route.ts";
import { type Comment, findPull, type PullRequest, type Repository, type State } from "./state.ts";
import { apiUrl, nodeId, time, viewTeam, viewUser } from "./views.ts";

/** The older name of a role, which has no word for maintain and triage. */
const legacy: Readonly<Record<string, string>> = { maintain: "write", triage: "read" };

/** Everybody may read what is public. */
function getPermission({ state, repository, params }: RepositoryCall): Answer {
  const login = params.username ?? "";
  const { people, settings, owner } = repository;
  if (people.missing.has(login)) throw notFound();
  const usual = login === owner ? "admin" : settings.collaborators.includes(login) ? "write" : repository.private ? "none" : "read";
  const [role = "", base = role] = (people.roles.get(login) ?? usual).split(":");
  const permission = legacy[base] ?? base;
  const user = { ...viewUser(state, login), role_name: role };
  return { status: 200, body: { permission, role_name: role, user } };
}

function teamOf({ state, params }: Call): {
  readonly name: string;
  readonly members: Map<string, Membership>;
  readonly repository: Repository;
} {
  const name = `${params.org}/${params.team_slug}`;
  for (const repository of state.repositories.values()) {
    const members = repository.people.teams.get(name);
    if (members !== undefined) return { name, members, repository };
  }
  throw notFound();
}

function getTeam(call: Call): Answer {
  const { members, repository } = teamOf(call);
  const { state, params } = call;
  const at = time(repository.createdAt);
  const login = params.org ?? "";
  const url = apiUrl(state, `/orgs/${login}`);
  const below = { events_url: `${url}/events`, hooks_url: `${url}/hooks`, issues_url: `${url}/issues`, repos_url: `${url}/repos` };
  const lists = { members_url: `${url}/members{/member}`, public_members_url: `${url}/public_members{/member}` };
  const organization = {
    ...{ login, id: 1, node_id: nodeId("Organization", 1), url, ...below, ...lists },
    ...{ avatar_url: `${state.origin}/avatars/1`, description: null, has_organization_projects: true, has_repository_projects: true },
    ...{ public_repos: 0, public_gists: 0, followers: 0, following: 0, html_url: `${state.origin}/${login}`, type: "Organization" },
    ...{ created_at: at, updated_at: at, archived_at: null },
  };
  const counts = { members_count: members.size, repos_count: 1, created_at: at, updated_at: at };
  return { status: 200, body: { ...viewTeam({ state, repository }, params.team_slug ?? ""), ...counts, organization } };
}

function getMembership(call: Call): Answer {
  const { members } = teamOf(call);
  const { org, team_slug: slug, username = "" } = call.params;
  const state = members.get(username);
  if (state === undefined) throw notFound();
  return { status: 200, body: { url: apiUrl(call.state, `/orgs/${org}/teams/${slug}/memberships/${username}`), role: "member", state } };
}

function listApprovals({ state, repository, params }: RepositoryCall): Answer {
  const found = repository.people.approvals.filter(({ run }) => run === Number(params.run_id));
  const body = found.map(({ environment, state: verdict, user }) => ({
    environments: [{ id: 1, node_id: nodeId("Environment", environment), name: environment }],
    state: verdict,
    user: viewUser(state, user),
    comment: "",
  }));
  return { status: 200, body };
}

export const people: readonly Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/collaborators/{username}/permission", access: "read", handle: getPermission },
  { method: "GET", path: "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals", access: "read", handle: listApprovals },
  { method: "GET", path: "/orgs/{org}/teams/{team_slug}", access: "user", handle: getTeam },
  { method: "GET", path: "/orgs/{org}/teams/{team_slug}/memberships/{username}", access: "user", handle: getMembership },
];

/** A comment as somebody writes it. */
export interface NewComment {
  readonly login: string;
  readonly body: string;
  /** A program, whatever its name. */
  readonly bot?: boolean;
  /** An app writes it in the person's name. */
  readonly app?: boolean;
  /** Somebody has changed it since. */
  readonly edited?: boolean;
}

/** A review as somebody submits it: of the head, unless told. */
export interface NewReview {
  readonly login: string;
  readonly state?: PullRequest["reviews"][number]["state"];
  readonly commit?: string;
  readonly bot?: boolean;
}

/** The actions of people at GitHub. */
export interface PeopleActions {
  /** Gives somebody a role in a repository: GitHub's own, or `NAME:BASE` for one of the organization's own. */
  setRole(name: string, login: string, role: string): void;
  /** Deletes an account. */
  deleteAccount(name: string, login: string): void;
  /** Makes a team of an organization, such as `acme/release-team`. */
  setTeam(name: string, team: string, members: Readonly<Record<string, Membership>>): void;
  writeComment(name: string, number: number, comment: NewComment): void;
  review(name: string, number: number, review: NewReview): void;
  decideEnvironment(name: string, run: number, environment: string, state: "approved" | "rejected", user: string): void;
}

export function peopleActions(state: State, need: (name: string) => Repository): PeopleActions {
  const needPull = (name: string, number: number): PullRequest => {
    const pull = findPull(need(name), number);
    if (!pull) throw new Error(`find ${name}#${number}: no such pull request`);
    return pull;
  };
  return {
    setRole: (name, login, role) => void need(name).people.roles.set(login, role),
    deleteAccount: (name, login) => void need(name).people.missing.add(login),
    setTeam: (name, team, members) => void need(name).people.teams.set(team, new Map(Object.entries(members))),
    writeComment(name, number, { login, body, bot = false, app = false, edited = false }) {
      const at = new Date(Date.now() - 60_000);
      const comment: Comment = {
        id: state.nextId(),
        issue: needPull(name, number).number,
        user: login,
        body,
        createdAt: at,
        updatedAt: at,
      };
      need(name).comments.push(Object.assign(comment, { bot, app, ...(edited && { updatedAt: new Date() }) }));
    },
    review(name, number, { login, state: verdict = "APPROVED", commit, bot = false }) {
      const pull = needPull(name, number);
      pull.reviews.push({ id: state.nextId(), user: login, at: new Date(), state: verdict, commit: commit ?? pull.headSha, bot });
    },
    decideEnvironment: (name, run, environment, verdict, user) =>
      void need(name).people.approvals.push({ run, environment, state: verdict, user }),
  };
}
