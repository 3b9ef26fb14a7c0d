/** Users and repositories as GitHub's API shows them, with URLs that lead back to the double. */
import type { Label, Milestone, Repository, State } from "./state.ts";

export const apiUrl = (state: State, path: string): string => `${state.origin}/api/v3${path}`;
export const repositoryPath = (repository: Repository): string => `/repos/${repository.fullName}`;
export const nodeId = (kind: string, id: number | string): string => Buffer.from(`${kind}:${id}`).toString("base64");

/** GitHub's times have whole seconds, in UTC. */
export const time = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
export const timeOrNull = (date: Date | null): string | null => (date ? time(date) : null);

/** Returns the same number for the same login. */
function userId(login: string): number {
  return [...login].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 100_000_007, 7);
}

/** `simple-user`. */
export function viewUser(state: State, login: string): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, `/users/${encodeURIComponent(login)}`);
  return {
    login,
    id: userId(login),
    node_id: nodeId("User", userId(login)),
    avatar_url: `${state.origin}/avatars/${userId(login)}`,
    gravatar_id: "",
    url,
    html_url: `${state.origin}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith("[bot]") ? "Bot" : "User",
    site_admin: false,
  };
}

/** `public-user`. */
export function viewFullUser(state: State, login: string): Readonly<Record<string, unknown>> {
  const epoch = time(new Date(0));
  return {
    ...viewUser(state, login),
    name: login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: epoch,
    updated_at: epoch,
  };
}

/** The path behind a repository's URL in each of its `…_url` fields. */
const below = {
  archive: "/{archive_format}{/ref}",
  assignees: "/assignees{/user}",
  blobs: "/git/blobs{/sha}",
  branches: "/branches{/branch}",
  collaborators: "/collaborators{/collaborator}",
  comments: "/comments{/number}",
  commits: "/commits{/sha}",
  compare: "/compare/{base}...{head}",
  contents: "/contents/{+path}",
  contributors: "/contributors",
  deployments: "/deployments",
  downloads: "/downloads",
  events: "/events",
  forks: "/forks",
  git_commits: "/git/commits{/sha}",
  git_refs: "/git/refs{/sha}",
  git_tags: "/git/tags{/sha}",
  hooks: "/hooks",
  issue_comment: "/issues/comments{/number}",
  issue_events: "/issues/events{/number}",
  issues: "/issues{/number}",
  keys: "/keys{/key_id}",
  labels: "/labels{/name}",
  languages: "/languages",
  merges: "/merges",
  milestones: "/milestones{/number}",
  notifications: "/notifications{?since,all,participating}",
  pulls: "/pulls{/number}",
  releases: "/releases{/id}",
  stargazers: "/stargazers",
  statuses: "/statuses/{sha}",
  subscribers: "/subscribers",
  subscription: "/subscription",
  tags: "/tags",
  teams: "/teams",
  trees: "/git/trees{/sha}",
} as const;

/** `repository`, which `minimal-repository` and `full-repository` are parts of. */
export function viewRepository(state: State, repository: Repository): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, repositoryPath(repository));
  const html = `${state.origin}/${repository.fullName}`;
  const open = repository.pulls.filter(({ state: is }) => is === "open").length;
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: repository.fullName,
    owner: viewUser(state, repository.owner),
    private: repository.private,
    visibility: repository.private ? "private" : "public",
    html_url: html,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(below).map(([name, path]) => [`${name}_url`, url + path])),
    git_url: `${html.replace(/^http/, "git")}.git`,
    ssh_url: `git@${new URL(state.origin).hostname}:${repository.fullName}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    topics: [],
    default_branch: repository.defaultBranch,
    size: 0,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    open_issues: open,
    open_issues_count: open,
    has_issues: true,
    has_projects: true,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: false,
    disabled: false,
    is_template: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    created_at: time(repository.createdAt),
    updated_at: time(repository.createdAt),
    pushed_at: time(repository.createdAt),
  };
}

interface Place {
  readonly state: State;
  readonly repository: Repository;
}

/** `milestone`. */
export function viewMilestone({ state, repository }: Place, { id, number, title }: Milestone): object {
  const url = apiUrl(state, `${repositoryPath(repository)}/milestones/${number}`);
  const at = time(repository.createdAt);
  return {
    id,
    node_id: nodeId("Milestone", id),
    number,
    title,
    url,
    labels_url: `${url}/labels`,
    html_url: `${state.origin}/${repository.fullName}/milestone/${number}`,
    state: "open",
    description: null,
    creator: viewUser(state, repository.owner),
    open_issues: 0,
    closed_issues: 0,
    created_at: at,
    updated_at: at,
    closed_at: null,
    due_on: null,
  };
}

/** `team`. */
export function viewTeam({ state, repository }: Place, slug: string): object {
  const url = apiUrl(state, `/organizations/1/team/${slug}`);
  return {
    id: 1,
    node_id: nodeId("Team", slug),
    name: slug,
    slug,
    description: null,
    type: "organization",
    parent: null,
    privacy: "closed",
    permission: "pull",
    url,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    html_url: `${state.origin}/orgs/${repository.owner}/teams/${slug}`,
  };
}

/** `label`. */
export function viewLabel(state: State, repository: Repository, { id, name }: Label): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, `${repositoryPath(repository)}/labels/${encodeURIComponent(name)}`);
  return { id, node_id: nodeId("Label", id), url, name, description: "", color: "ededed", default: false };
}
