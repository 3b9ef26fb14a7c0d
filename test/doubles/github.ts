/**
 * A double of GitHub: the REST API at `/api/v3`, GraphQL at `/api/graphql` (as on GitHub Enterprise Server), and Git at
 * the root.
 * All are on the same real bare repositories. Requests and answers are checked against GitHub's own description of its
 * API.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Grants, readToken } from "./access.ts";
import { commitFiles, createBare, git, type NewCommit, type NewRepository } from "./bare.ts";
import { type GitQuestion, parseGitUrl, refuseGit, serveGit } from "./git-http.ts";
import { decideGit } from "./git-server.ts";
import { type AppActions, createAppActions } from "./github/apps/actions.ts";
import { createApps } from "./github/apps/state.ts";
import { gitGrantOf } from "./github/apps/tokens.ts";
import { noActions } from "./github/actions.ts";
import { servePage } from "./github/apps-web/pages.ts";
import { createAppsWeb, type AppsWeb } from "./github/apps-web/state.ts";
import { close, followBranches } from "./github/following.ts";
import { Refusal } from "./github/route.ts";
import { graphqlPath } from "./github/graphql.ts";
import { type Merge, mergePull, setBlocked } from "./github/merging.ts";
import { type PeopleActions, peopleActions } from "./github/people.ts";
import { noPeople } from "./github/people-state.ts";
import { nothingAdded } from "./github/pulls.ts";
import { protectBranch } from "./github/rules.ts";
import { type Fault, send, serveApi, type Serving } from "./github/serve.ts";
import {
  type CheckRun,
  type Deployment,
  findPull,
  findRepository,
  type PullRequest,
  type Repository,
  type Settings,
  type State,
  type Status,
} from "./github/state.ts";
import { serveStorage, storagePath } from "./github/storage.ts";
import { type WorkflowActions, workflowActions } from "./github/workflow-actions.ts";
import { createFolder, createRunning, listen, type Place, recall, remember, type Running } from "./server.ts";

export type { Fault } from "./github/serve.ts";

export interface GitHubOptions extends Place {
  /** Tokens are given, never made; each has a login. */
  readonly tokens?: Grants | undefined;
  /** The organizations whose Apps the person at the browser may make; `acme` by default. */
  readonly owns?: readonly string[] | undefined;
  /** The most entries of a tree in one answer; 100,000 by default. */
  readonly treeLimit?: number | undefined;
}

export interface GitHubRequest {
  readonly method: string;
  /** With its query, without `/api/v3`. */
  readonly path: string;
  readonly status: number;
  /** True for a change: everything but GET, and a push (the request that sends it, not the question before it). */
  readonly write: boolean;
}

export type PullSnapshot = Readonly<
  Pick<PullRequest, "number" | "user" | "state" | "title" | "body" | "draft" | "head" | "headSha" | "base" | "baseSha" | "labels"> &
    Pick<PullRequest, "mergedBy" | "mergeCommitSha">
> & { readonly merged: boolean };

export type DeploymentSnapshot = Readonly<
  Pick<Deployment, "sha" | "ref" | "task" | "environment" | "production" | "payload" | "creator">
> & {
  /** The states, in their order, each with its description. */
  readonly statuses: readonly string[];
  /** The URLs of the last status: of the environment, and of the log. */
  readonly urls: readonly [string, string];
};

/** Labels, assignees and reviewers that somebody has added to a pull request. */
export type PullAdditions = Readonly<Pick<PullRequest, "labels" | "assignees" | "reviewers" | "teams">> & {
  readonly milestone: string | undefined;
  readonly autoMerge: string | undefined;
};

/** A repository, and the settings of its people. */
export interface NewGitHubRepository extends NewRepository, Partial<Settings> {
  readonly private?: boolean | undefined;
  readonly milestones?: readonly string[] | undefined;
}

export interface GitHub extends Running, AppActions, PeopleActions, WorkflowActions {
  /** What people have made from manifests. */
  readonly web: AppsWeb;
  /** Octokit's `baseUrl`. */
  readonly apiUrl: string;
  readonly requests: readonly GitHubRequest[];
  /** Requests without a route, as `METHOD path`. A test expects none. */
  readonly unknown: readonly string[];
  /** Violations of GitHub's description of its API. A test expects none. */
  readonly violations: readonly string[];
  /** Makes a repository, and returns its bare repository's folder. */
  createRepository(name: string, options?: NewGitHubRepository): Promise<string>;
  /** Commits as another person, and returns the commit. */
  commit(name: string, commit: NewCommit): Promise<string>;
  pulls(name: string): readonly PullSnapshot[];
  /** Merges as a person would in the browser, and returns the merge commit. */
  mergePull(name: string, number: number, method?: "merge" | "squash"): Promise<string>;
  closePull(name: string, number: number): Promise<void>;
  additions(name: string, number: number): PullAdditions;
  comments(name: string, number: number): readonly string[];
  /** Comments on a pull request as somebody else. */
  comment(name: string, number: number, login: string, body: string): void;
  /** The deployments of a repository, in their order, with their statuses. */
  deployments(name: string): readonly DeploymentSnapshot[];
  /** The records of artifacts that are of a repository. */
  artifacts(name: string): readonly Readonly<Record<string, unknown>>[];
  /** Approves as a requested reviewer. */
  approvePull(name: string, number: number, login: string): void;
  /** Opens a pull request from a fork of another owner. */
  openFromFork(
    name: string,
    pull: { readonly owner: string; readonly head: string; readonly title: string; readonly body: string },
  ): Promise<number>;
  /** Blocks every merge, as a missing required check does, or unblocks it. */
  setBlocked(name: string, blocked: boolean): Promise<void>;
  /** Lets the default branch take what its merge queue merges alone. */
  setMergeQueue(name: string): void;
  /** Reports on a commit as Flux does. */
  setStatus(
    name: string,
    sha: string,
    status: {
      readonly state: "success" | "failure";
      readonly context: string;
      readonly description: string;
      readonly creator?: string;
      readonly createdAt?: Date;
    },
  ): void;
  /** The statuses of a commit, the oldest first. */
  statuses(name: string, sha: string): readonly Status[];
  /** The check runs of a commit, the oldest first. */
  checkRuns(name: string, sha: string): readonly CheckRun[];
  /** Lets a branch change only by a merge. `why` is one line in GitHub's words. */
  protect(name: string, branch: string, why: string): Promise<void>;
  /** Answers the next matching request in this way, instead of performing it. */
  fail(fault: Fault): void;
  /** Lets somebody else act right before the next matching request is performed. */
  before(request: Asked, act: () => Promise<unknown>): void;
}

/** Which request is meant. */
type Asked = Pick<Fault, "method" | "path" | "write" | "skip">;

/**
 * GitHub's answer to too many changing requests.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export const secondaryRateLimit = {
  status: 403,
  headers: { "retry-after": "1" },
  body: {
    message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    documentation_url: "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
  },
} as const satisfies Fault;

/** The person who acts in the browser. */
const person = "person";

/** Starts an empty GitHub: `http://HOST/owner/name.git` and `http://HOST/api/v3`. */
export async function startGitHub({ tokens = {}, owns = ["acme"], treeLimit = 100_000, ...place }: GitHubOptions = {}): Promise<GitHub> {
  await using stack = new AsyncDisposableStack();
  const folder = await createFolder(stack, "github", place);
  const repositories = await recall<State["repositories"]>(place, new Map());
  // IDs go on where an earlier double stopped: a clock-based start is far above its last ID.
  let lastId = repositories.size === 0 ? 1000 : Math.floor(Date.now() / 1000);
  const state: State = {
    origin: "",
    tokens,
    repositories,
    moved: new Map(),
    apps: createApps(),
    web: createAppsWeb(owns),
    treeLimit,
    nextId: () => (lastId += 1),
  };
  const serving: Serving = { state, unknown: [], violations: [] };
  const requests: GitHubRequest[] = [];
  const faults: FaultLeft[] = [];
  const meanwhile: Meanwhile[] = [];
  const host = await listen(
    stack,
    async (request, response) => {
      await serve({ serving, folder, requests, faults, meanwhile }, request, response);
      await remember(place, repositories);
    },
    place,
  );
  state.origin = `http://${host}`;
  return {
    ...createRunning(host, stack.move()),
    ...createActions(state, folder),
    ...createAppActions(state, folder),
    apiUrl: `http://${host}/api/v3`,
    web: state.web,
    requests,
    unknown: serving.unknown,
    violations: serving.violations,
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1, skip: fault.skip ?? 0 }),
    before: (asked, act) => void meanwhile.push({ asked, act, skip: asked.skip ?? 0 }),
  };
}

interface Server {
  readonly serving: Serving;
  readonly folder: string;
  readonly requests: GitHubRequest[];
  readonly faults: FaultLeft[];
  readonly meanwhile: Meanwhile[];
}

interface FaultLeft {
  readonly fault: Fault;
  left: number;
  skip: number;
}

interface Meanwhile {
  readonly asked: Asked;
  skip: number;
  act(): Promise<unknown>;
}

async function serve(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { state, violations } = server.serving;
  if (request.url?.startsWith(storagePath)) return send(response, serveStorage(state, violations, request), state.apps.now());
  const path = (request.url ?? "/").replace(/^\/api\/v3(?=\/)/, "");
  const question = path === request.url ? parseGitUrl(path) : undefined;
  const method = request.method ?? "GET";
  const record = { method, path, status: 0, write: question ? question.write : method !== "GET" };
  server.requests.push(record);
  await takeMeanwhile(server, method, path)?.act();
  const fault = takeFault(server, method, path);
  if (question && !fault) return serveRepository(server, question, record, request, response);
  const page = fault ? undefined : await servePage(server.serving.state, request);
  if (page) {
    Object.assign(record, { status: page.status });
    return send(response, page, server.serving.state.apps.now());
  }
  if (fault?.hangUp !== "before") {
    const answer = await serveApi(server.serving, request, path, fault?.hangUp === undefined ? fault : undefined);
    Object.assign(record, { status: answer.status, write: answer.write ?? record.write });
    if (fault?.hangUp === undefined) return send(response, answer, server.serving.state.apps.now());
  }
  Object.assign(record, { status: fault.status });
  response.destroy();
}

function takeFault({ faults }: Server, method: string, url: string): Fault | undefined {
  const found = faults.find((each) => each.left > 0 && isAsked(each.fault, method, url) && isReached(each));
  if (found) found.left -= 1;
  return found?.fault;
}

function takeMeanwhile({ meanwhile }: Server, method: string, url: string): Meanwhile | undefined {
  const at = meanwhile.findIndex((each) => isAsked(each.asked, method, url) && isReached(each));
  return at < 0 ? undefined : meanwhile.splice(at, 1)[0];
}

function isAsked({ method: wanted, path = /^/, write = false }: Asked, method: string, url: string): boolean {
  const [called = ""] = url.split("?");
  const mayWrite = method !== "GET" && called !== graphqlPath; // what is asked of GraphQL is not read here
  return (wanted ?? method) === method && path.test(called) && (!write || mayWrite);
}

/** Tells whether all matching requests that come before it have come: this one is the next of them else. */
function isReached(each: { skip: number }): boolean {
  each.skip -= 1;
  return each.skip < 0;
}

async function serveRepository(
  { serving: { state }, folder }: Server,
  question: GitQuestion,
  record: { status: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const repository = findRepository(state, question.repository);
  const moved = repository ? undefined : findById(state, state.moved.get(question.repository.toLowerCase()));
  if (moved) {
    record.status = 301;
    request.resume();
    return void response.writeHead(301, { location: `/${moved.fullName}.git${request.url?.replace(/^\/[^/]+\/[^/]+/, "")}` }).end();
  }
  const visibility = repository && (repository.private ? "private" : "public");
  const refusal = decideGit(question, visibility, request.headers.authorization, gitTokens(state, request.headers.authorization));
  record.status = refusal?.status ?? 200;
  if (refusal || !repository) return refuseGit(request, response, refusal ?? { status: 404, message: "Repository not found." });
  await serveGit(request, response, folder, repository.fullName, () => (question.write ? followBranches(repository) : Promise.resolve()));
}

function findById({ repositories }: State, id: number | undefined): Repository | undefined {
  return [...repositories.values()].find((each) => each.id === id);
}

/** The tokens that are known, with that of an App's installation if it is one. */
function gitTokens(state: State, authorization: string | undefined): Grants {
  const token = readToken(authorization) ?? "";
  try {
    const grant = gitGrantOf(state, token);
    return grant ? { ...state.tokens, [token]: grant } : state.tokens;
  } catch (error) {
    if (error instanceof Refusal) return state.tokens; // Git's own server knows one refusal
    throw error;
  }
}

type Action =
  | "pulls"
  | "mergePull"
  | "closePull"
  | "additions"
  | "comments"
  | "comment"
  | "deployments"
  | "artifacts"
  | "approvePull"
  | "openFromFork"
  | "setBlocked"
  | "setMergeQueue"
  | "setStatus"
  | "statuses"
  | "checkRuns";
type Actions = Pick<GitHub, "createRepository" | "commit" | "protect" | keyof PeopleActions | keyof WorkflowActions | Action>;

/** Returns the actions of other people. */
function createActions(state: State, folder: string): Actions {
  const need = (name: string): Repository => {
    const repository = findRepository(state, name);
    if (!repository) throw new Error(`find ${name}: no such repository`);
    return repository;
  };
  const needPull = (name: string, number: number): PullRequest => {
    const pull = findPull(need(name), number);
    if (!pull) throw new Error(`find ${name}#${number}: no such pull request`);
    return pull;
  };
  return {
    ...peopleActions(state, need),
    ...workflowActions(state, need),
    createRepository: (name, options = {}) => createRepository(state, folder, name, options),
    async commit(name, commit) {
      const repository = need(name);
      const sha = await commitFiles(repository.folder, commit);
      await followBranches(repository);
      return sha;
    },
    protect: (name, branch, why) => protectBranch(need(name), branch, why),
    pulls: (name) => need(name).pulls.map(snapshot),
    mergePull: (name, number, method: Merge["method"] = "merge") => mergePull(need(name), needPull(name, number), { method, by: person }),
    additions(name, number) {
      const { labels, assignees, reviewers, teams, milestone, autoMerge } = needPull(name, number);
      return { labels, assignees, reviewers, teams, milestone: milestone?.title, autoMerge: autoMerge?.method };
    },
    comments: (name, number) => need(name).comments.flatMap(({ issue, body }) => (issue === number ? [body] : [])),
    comment(name, number, login, body) {
      const now = new Date();
      need(name).comments.push({
        id: state.nextId(),
        issue: needPull(name, number).number,
        user: login,
        body,
        createdAt: now,
        updatedAt: now,
      });
    },
    deployments: (name) => need(name).deployments.map(snapshotDeployment),
    artifacts: (name) => [...need(name).artifacts],
    approvePull(name, number, login) {
      const pull = needPull(name, number);
      pull.reviewers = pull.reviewers.filter((each) => each !== login);
      pull.reviews.push({ id: state.nextId(), user: login, at: new Date(), state: "APPROVED", commit: pull.headSha });
    },
    openFromFork: (name, pull) => openFromFork(state, need(name), pull),
    setBlocked: (name, blocked) => setBlocked(need(name), blocked),
    setMergeQueue(name) {
      need(name).settings.mergeQueue = true;
    },
    setStatus(name, sha, status) {
      const given = { id: state.nextId(), sha, targetUrl: null, creator: "flux", createdAt: new Date() };
      need(name).statuses.push({ ...given, ...status });
    },
    statuses: (name, sha) => need(name).statuses.filter((status) => status.sha === sha),
    checkRuns: (name, sha) => need(name).checks.filter((check) => check.sha === sha),
    async closePull(name, number) {
      await followBranches(need(name));
      close(needPull(name, number));
    },
  };
}

async function createRepository(state: State, root: string, fullName: string, options: NewGitHubRepository): Promise<string> {
  const [owner = "", name = ""] = fullName.split("/");
  const folder = await createBare(root, fullName, options);
  const { defaultBranch = "main", private: isPrivate = false } = options;
  const { collaborators = [], teams = [], autoMerge = false, squashByTitle = false, blocked = false, milestones = [] } = options;
  const lists = { pulls: [], comments: [], statuses: [], checks: [], deployments: [], artifacts: [], labels: [] };
  const repository = {
    id: state.nextId(),
    owner,
    name,
    fullName,
    private: isPrivate,
    defaultBranch,
    folder,
    createdAt: new Date(),
    ...lists,
    milestones: milestones.map((title, at) => ({ id: state.nextId(), number: at + 1, title })),
    people: noPeople(),
    settings: { collaborators, teams, autoMerge, squashByTitle, blocked, mergeQueue: false },
    actions: noActions(),
  };
  state.repositories.set(fullName.toLowerCase(), repository);
  state.moved.delete(fullName.toLowerCase());
  return folder;
}

/** Its head is a commit of another repository: here it is on no branch. */
async function openFromFork(
  state: State,
  repository: Repository,
  { owner, head, title, body }: { readonly owner: string; readonly head: string; readonly title: string; readonly body: string },
): Promise<number> {
  const base = repository.defaultBranch;
  const headSha = await commitFiles(repository.folder, { branch: `of-${owner}`, files: { "theirs.txt": "theirs\n" }, message: title });
  await git(repository.folder, ["update-ref", "-d", `refs/heads/of-${owner}`]);
  const baseSha = await git(repository.folder, ["rev-parse", base]);
  const now = new Date();
  const times = { createdAt: now, updatedAt: now, closedAt: null, mergedAt: null, mergedBy: null, mergeCommitSha: null };
  const number = repository.pulls.length + 1;
  const about = { id: state.nextId(), number, user: owner, draft: false, maintainerCanModify: false, state: "open" as const };
  repository.pulls.push({ ...about, ...times, ...nothingAdded(), fork: owner, head, headSha, base, baseSha, title, body });
  return number;
}

function snapshot(pull: PullRequest): PullSnapshot {
  const { number, user, state, title, body, draft, head, headSha, base, baseSha, labels, mergedBy, mergeCommitSha, mergedAt } = pull;
  const words = { number, user, state, title, body, draft, labels: [...labels] };
  return { ...words, head, headSha, base, baseSha, mergedBy, mergeCommitSha, merged: mergedAt !== null };
}

function snapshotDeployment({ sha, ref, task, environment, production, payload, creator, statuses }: Deployment): DeploymentSnapshot {
  const last = statuses.at(-1);
  return {
    ...{ sha, ref, task, environment, production, payload, creator },
    statuses: statuses.map(({ state, description }) => (description === "" ? state : `${state}: ${description}`)),
    urls: [last?.environmentUrl ?? "", last?.logUrl ?? ""],
  };
}
