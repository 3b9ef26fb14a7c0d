/** https://docs.github.com/en/rest/pulls/pulls */
import { close, findBranch, followBranches, isAncestor, publishHead } from "./following.ts";
import { longestBody } from "./issues.ts";
import { type Merge, mergePull } from "./merging.ts";
import { viewPull, viewPullSimple } from "./pull-views.ts";
import { reviews } from "./reviews.ts";
import { type Answer, type FieldError, invalid, notFound, page, type RepositoryCall, type Route } from "./route.ts";
import { findPull, type PullRequest, type Repository } from "./state.ts";
import { repositoryPath } from "./views.ts";

function requirePull({ repository, params }: RepositoryCall): PullRequest {
  const pull = findPull(repository, Number(params.pull_number));
  if (!pull) throw notFound();
  return pull;
}

function listPulls(call: RepositoryCall): Answer {
  const { state = "open", head, base, sort = "created", direction = sort === "created" ? "desc" : "asc" } = call.query;
  const { repository } = call;
  const found = repository.pulls.filter(
    (pull) =>
      (state === "all" || pull.state === state) && (base === undefined || pull.base === base) && matchesHead(repository, pull, head),
  );
  const age = (pull: PullRequest): number => (sort === "updated" ? pull.updatedAt : pull.createdAt).getTime();
  const sorted = found.sort((a, b) => (age(a) - age(b) || a.number - b.number) * (direction === "desc" ? -1 : 1));
  const { items, headers } = page(call, `${repositoryPath(repository)}/pulls`, sorted);
  return { status: 200, body: items.map((pull) => viewPullSimple(call, pull)), headers };
}

/** `owner:branch`. GitHub ignores a head that is only a branch, and lists everything: a well-known trap. */
function matchesHead({ owner }: Repository, { head, fork }: PullRequest, wanted: string | undefined): boolean {
  return !wanted?.includes(":") || wanted.toLowerCase() === `${fork ?? owner}:${head}`.toLowerCase();
}

interface NewPull {
  readonly title?: string;
  readonly head: string;
  readonly base: string;
  readonly body?: string;
  readonly draft?: boolean;
  readonly maintainer_can_modify?: boolean;
}

const problem = (error: Omit<FieldError, "resource">): Error => invalid({ resource: "PullRequest", ...error });

async function createPull(call: RepositoryCall): Promise<Answer> {
  const wanted = call.body as NewPull;
  const { repository } = call;
  const branch = wanted.head.replace(new RegExp(`^${repository.owner}:`, "i"), "");
  checkText(wanted);
  if (wanted.title === undefined) throw problem({ code: "missing_field", field: "title" });
  const [headSha, baseSha] = await Promise.all([findBranch(repository, branch), findBranch(repository, wanted.base)]);
  if (headSha === undefined) throw problem({ code: "invalid", field: "head" });
  if (baseSha === undefined) throw problem({ code: "invalid", field: "base" });
  if (await isAncestor(repository, headSha, baseSha))
    throw problem({ code: "custom", message: `No commits between ${wanted.base} and ${branch}` });
  const pull = addPull(call, wanted, branch, headSha, baseSha);
  await publishHead(repository, pull);
  return { status: 201, body: await viewPull(call, pull) };
}

/** There is no `await` between the check and the push, so that of two requests at once only one is accepted. */
function addPull(
  { repository, state, login }: RepositoryCall,
  wanted: NewPull,
  head: string,
  headSha: string,
  baseSha: string,
): PullRequest {
  assertNoneOpen(repository, head, wanted.base);
  const now = new Date();
  const pull: PullRequest = {
    id: state.nextId(),
    number: repository.pulls.length + 1,
    user: login,
    draft: wanted.draft ?? false,
    head,
    fork: undefined,
    headSha,
    base: wanted.base,
    baseSha,
    title: wanted.title ?? "",
    body: wanted.body ?? null,
    state: "open",
    ...nothingAdded(),
    maintainerCanModify: wanted.maintainer_can_modify ?? false,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
  };
  repository.pulls.push(pull);
  return pull;
}

/** Returns the additions of a new pull request. */
export function nothingAdded(): Pick<PullRequest, "labels" | "assignees" | "reviewers" | "teams" | "reviews" | "milestone" | "autoMerge"> {
  return { labels: [], assignees: [], reviewers: [], teams: [], reviews: [], milestone: undefined, autoMerge: undefined };
}

function assertNoneOpen({ pulls, owner }: Repository, head: string, base: string, except?: PullRequest): void {
  if (!pulls.some((pull) => pull !== except && pull.state === "open" && !pull.fork && pull.head === head && pull.base === base)) return;
  throw problem({ code: "custom", message: `A pull request already exists for ${owner}:${head}.` });
}

function checkText({ title, body }: { readonly title?: string; readonly body?: string }): void {
  if (title?.trim() === "") throw problem({ code: "missing_field", field: "title" });
  if ((title ?? "").length > 256)
    throw problem({ code: "custom", field: "title", message: "title is too long (maximum is 256 characters)" });
  if ((body ?? "").length > longestBody)
    throw problem({ code: "custom", field: "body", message: `body is too long (maximum is ${longestBody} characters)` });
}

interface PullUpdate {
  readonly title?: string;
  readonly body?: string;
  readonly state?: "open" | "closed";
  readonly base?: string;
  readonly maintainer_can_modify?: boolean;
}

async function updatePull(call: RepositoryCall): Promise<Answer> {
  const pull = requirePull(call);
  const {
    base,
    state,
    maintainer_can_modify: maintainerCanModify = pull.maintainerCanModify,
    title = pull.title,
    body,
  } = (call.body ?? {}) as PullUpdate;
  checkText({ title, ...(body !== undefined && { body }) });
  if (base !== undefined && base !== pull.base) await changeBase(call.repository, pull, base);
  if (state === "open" && pull.state === "closed") await reopen(call.repository, pull);
  if (state === "closed" && pull.state === "open") close(pull);
  Object.assign(pull, { title, body: body ?? pull.body, maintainerCanModify, updatedAt: new Date() });
  return { status: 200, body: await viewPull(call, pull) };
}

async function changeBase(repository: Repository, pull: PullRequest, base: string): Promise<void> {
  if (pull.state === "closed")
    throw problem({ code: "custom", field: "base", message: "Cannot change base branch of closed pull request" });
  const sha = await findBranch(repository, base);
  if (sha === undefined) throw problem({ code: "invalid", field: "base" });
  assertNoneOpen(repository, pull.head, base, pull);
  Object.assign(pull, { base, baseSha: sha, retargeted: true });
}

async function reopen(repository: Repository, pull: PullRequest): Promise<void> {
  const [headSha, baseSha] = await Promise.all([findBranch(repository, pull.head), findBranch(repository, pull.base)]);
  const cannot = (why: string): Error => problem({ code: "custom", field: "state", message: `state cannot be changed. ${why}` });
  if (pull.mergedAt) throw cannot("The pull request cannot be reopened.");
  if (headSha === undefined) throw cannot(`The ${pull.head} branch has been deleted.`);
  if (baseSha === undefined) throw cannot(`The ${pull.base} branch has been deleted.`);
  if (await isAncestor(repository, headSha, baseSha)) throw cannot(`There are no new commits on the ${pull.head} branch.`);
  assertNoneOpen(repository, pull.head, pull.base, pull);
  Object.assign(pull, { state: "open", closedAt: null, headSha, baseSha });
}

async function merge(call: RepositoryCall): Promise<Answer> {
  const pull = requirePull(call);
  const {
    commit_title: title,
    commit_message: message,
    sha,
    merge_method: method,
  } = (call.body ?? {}) as {
    readonly commit_title?: string;
    readonly commit_message?: string;
    readonly sha?: string;
    readonly merge_method?: Merge["method"];
  };
  const commit = await mergePull(call.repository, pull, { title, message, sha, method, by: call.login });
  return { status: 200, body: { sha: commit, merged: true, message: "Pull Request successfully merged" } };
}

/** Branches may have moved by plumbing too, so they are read before every answer. */
const followed =
  (handle: (call: RepositoryCall) => Answer | Promise<Answer>) =>
  async (call: RepositoryCall): Promise<Answer> => {
    await followBranches(call.repository);
    return handle(call);
  };

export const pulls: readonly Route[] = [
  ...reviews,
  { method: "GET", path: "/repos/{owner}/{repo}/pulls", access: "read", handle: followed(listPulls) },
  { method: "POST", path: "/repos/{owner}/{repo}/pulls", access: "write", handle: followed(createPull) },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/pulls/{pull_number}",
    access: "read",
    handle: followed(async (call) => ({ status: 200, body: await viewPull(call, requirePull(call)) })),
  },
  { method: "PATCH", path: "/repos/{owner}/{repo}/pulls/{pull_number}", access: "write", handle: followed(updatePull) },
  { method: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/merge", access: "write", handle: followed(merge) },
];
