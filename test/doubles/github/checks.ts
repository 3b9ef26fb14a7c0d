/** https://docs.github.com/en/rest/checks/runs */
import { requireCommit } from "./commits.ts";
import { type Answer, type FieldError, invalid, notFound, page, refuse, type RepositoryCall, type Route } from "./route.ts";
import type { CheckRun } from "./state.ts";
import { apiUrl, nodeId, repositoryPath, time, timeOrNull, viewUser } from "./views.ts";

interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: string;
  readonly message: string;
}

/** The fields of both requests, which GitHub's description has checked. */
interface Fields {
  readonly name?: string;
  readonly head_sha?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly status?: CheckRun["status"];
  readonly started_at?: string;
  readonly conclusion?: string;
  readonly completed_at?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary: string;
    readonly text?: string;
    readonly annotations?: readonly Annotation[];
  };
}

/** The number of GitHub Apps that a person would see in their URL. */
const appId = (slug: string): number => [...slug].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);

function viewApp({ state }: RepositoryCall, slug: string): object {
  return {
    id: appId(slug),
    slug,
    node_id: nodeId("App", slug),
    owner: viewUser(state, "acme"),
    name: slug,
    description: null,
    external_url: state.origin,
    html_url: `${state.origin}/apps/${slug}`,
    created_at: time(new Date(0)),
    updated_at: time(new Date(0)),
    permissions: { checks: "write" },
    events: [],
  };
}

function viewCheck(call: RepositoryCall, check: CheckRun): object {
  const { state, repository } = call;
  const url = apiUrl(state, `${repositoryPath(repository)}/check-runs/${check.id}`);
  const page = `${state.origin}/${repository.fullName}/runs/${check.id}`;
  const { title, summary, text, annotations } = check.output;
  return {
    id: check.id,
    node_id: nodeId("CheckRun", check.id),
    head_sha: check.sha,
    external_id: check.externalId,
    url,
    html_url: page,
    details_url: check.detailsUrl ?? page,
    status: check.status,
    conclusion: check.conclusion,
    started_at: time(check.startedAt),
    completed_at: timeOrNull(check.completedAt),
    output: { title, summary, text, annotations_count: annotations.length, annotations_url: `${url}/annotations` },
    name: check.name,
    check_suite: { id: check.suite },
    app: viewApp(call, check.app),
    pull_requests: [],
  };
}

/** Apps alone write check runs. Their logins end as those of bots do. */
function requireApp({ login }: RepositoryCall): string {
  const [, slug] = /^(.+)\[bot\]$/.exec(login) ?? [];
  if (slug === undefined) throw refuse(403, "You must authenticate via a GitHub App.");
  return slug;
}

/** https://docs.github.com/en/rest/checks/runs: both count bytes, and GitHub's description knows only letters. */
function checkOutput({ output }: Fields): void {
  const tooLong = (["summary", "text"] as const).filter((field) => Buffer.byteLength(output?.[field] ?? "") > 65_535);
  const errors = tooLong.map((field): FieldError => {
    const message = `Only 65535 characters are allowed; ${Buffer.byteLength(output?.[field] ?? "")} were supplied.`;
    return { resource: "CheckRun", field, code: "custom", message };
  });
  if (errors.length > 0) throw invalid(...errors);
}

/** What is not given stays. An update that does not end it begins it again; annotations are added to those that are there. */
function change(check: CheckRun, { output, ...fields }: Fields): void {
  const status = fields.conclusion === undefined ? (fields.status ?? check.status) : "completed";
  const ended = status === "completed";
  Object.assign(check, {
    name: fields.name ?? check.name,
    externalId: fields.external_id ?? check.externalId,
    detailsUrl: fields.details_url ?? check.detailsUrl,
    startedAt: fields.started_at === undefined ? check.startedAt : new Date(fields.started_at),
    status,
    conclusion: ended ? (fields.conclusion ?? check.conclusion) : null,
    completedAt: ended ? new Date(fields.completed_at ?? Date.now()) : null,
  });
  if (output === undefined) return;
  const annotations = [...check.output.annotations, ...(output.annotations ?? [])];
  check.output = {
    title: output.title ?? check.output.title,
    summary: output.summary,
    text: output.text ?? check.output.text,
    annotations,
  };
}

async function createCheck(call: RepositoryCall): Promise<Answer> {
  const fields = call.body as Fields;
  const app = requireApp(call);
  const sha = await requireCommit(call.repository, fields.head_sha ?? "");
  if (fields.status === "completed" && fields.conclusion === undefined)
    throw invalid({ resource: "CheckRun", code: "missing_field", field: "conclusion" });
  checkOutput(fields);
  const { checks } = call.repository;
  const inSuite = (one: CheckRun): boolean => app !== "github-actions" || one.detailsUrl === (fields.details_url ?? null); // each run of a workflow has its own
  const suite = checks.find((one) => one.sha === sha && one.app === app && inSuite(one))?.suite ?? call.state.nextId();
  const empty = { title: null, summary: null, text: null, annotations: [] };
  const about = { id: call.state.nextId(), sha, app, suite, externalId: "", detailsUrl: null, startedAt: new Date(), completedAt: null };
  const check: CheckRun = { ...about, name: fields.name ?? "", status: "queued", conclusion: null, output: empty };
  change(check, fields);
  checks.push(check);
  return { status: 201, body: viewCheck(call, check) };
}

function requireCheck({ repository, params }: RepositoryCall): CheckRun {
  const check = repository.checks.find(({ id }) => id === Number(params.check_run_id));
  if (!check) throw notFound();
  return check;
}

function updateCheck(call: RepositoryCall): Answer {
  const app = requireApp(call);
  const check = requireCheck(call);
  if (check.app !== app)
    throw refuse(403, `Invalid app_id \`${appId(app)}\` - check run can only be modified by the GitHub App that created it.`);
  checkOutput(call.body as Fields);
  change(check, call.body as Fields);
  return { status: 200, body: viewCheck(call, check) };
}

/** Newest first; `latest`, which is what GitHub takes without a filter, has one of each name and App. */
async function listChecks(call: RepositoryCall): Promise<Answer> {
  const { check_name: name, app_id: app, status, filter = "latest" } = call.query;
  const sha = await requireCommit(call.repository, call.params.ref ?? "");
  const found = call.repository.checks
    .filter((one) => one.sha === sha && one.name === (name ?? one.name) && one.status === (status ?? one.status))
    .filter((one) => app === undefined || appId(one.app) === Number(app))
    .reverse();
  const isLatest = (one: CheckRun): boolean => found.find((each) => each.name === one.name && each.app === one.app) === one;
  const listed = filter === "all" ? found : found.filter(isLatest);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/commits/${sha}/check-runs`, listed);
  return { status: 200, body: { total_count: listed.length, check_runs: items.map((check) => viewCheck(call, check)) }, headers };
}

function listAnnotations(call: RepositoryCall): Answer {
  const { id, sha, output } = requireCheck(call);
  const { items, headers } = page(call, `${repositoryPath(call.repository)}/check-runs/${id}/annotations`, output.annotations);
  const none = { start_column: null, end_column: null, title: null, raw_details: null };
  const blob = `${call.state.origin}/${call.repository.fullName}/blob/${sha}`;
  return { status: 200, body: items.map((one) => ({ ...none, ...one, blob_href: `${blob}/${one.path}` })), headers };
}

export const checks: readonly Route[] = [
  { method: "POST", path: "/repos/{owner}/{repo}/check-runs", access: "write", handle: createCheck },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/check-runs/{check_run_id}",
    access: "read",
    handle: (call) => ({ status: 200, body: viewCheck(call, requireCheck(call)) }),
  },
  { method: "PATCH", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}", access: "write", handle: updateCheck },
  { method: "GET", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", access: "read", handle: listAnnotations },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}/check-runs", access: "read", handle: listChecks },
];
