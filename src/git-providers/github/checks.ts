import type { Octokit } from "#sdk/@octokit/rest";
import type { CheckAnnotation, CheckReport, CheckRun, Checks } from "../../core/git/checks.ts";
import type { Owned } from "./connection.ts";
import { saidBy, statusOf } from "./failure.ts";
import type { Call } from "./pulls.ts";
import { makerOf, type Self } from "./self.ts";

/** GitHub takes no more annotations in one request, and adds those of a further one: https://docs.github.com/en/rest/checks/runs#update-a-check-run */
const annotationsAtOnce = 50;

/**
 * Returns what GitHub does with check runs. Only Apps may write them. https://docs.github.com/en/rest/checks/runs
 * GitHub takes 65,535 bytes of a summary, and no letter needs more than three of them for each UTF-16 unit.
 */
export function githubChecks(call: Call, self: Self): Checks {
  const write = ["checks:write"] as const;
  return {
    longest: Math.floor(65_535 / 3),
    list: (repository, commit, name) =>
      call(`read check runs of ${commit} in`, repository, ["checks:read"], (octokit, at) => list(octokit, at, commit, name)),
    own: (repository, listed) =>
      call("tell whose check runs are there in", repository, ["checks:read"], async (octokit) => {
        const isOwn = await self.judge(octokit, repository, listed);
        return listed.filter(({ app }) => isOwn(makerOf(app)));
      }),
    annotations: (repository, id) =>
      call(`read annotations of check run ${id} in`, repository, ["checks:read"], (octokit, at) => listAnnotations(octokit, at, id)),
    create: (repository, commit, report, annotations) =>
      call(`create check run ${report.name} of ${commit} in`, repository, write, async (octokit, at) => {
        const [first, ...more] = inRequests(annotations);
        const { data } = await octokit.rest.checks.create({ ...at, head_sha: commit, ...fieldsOf(report, first) });
        self.learn(repository, makerOf(data.app?.slug));
        for (const some of more) await update(octokit, at, data.id, report, some);
        return data.id;
      }),
    update: (repository, id, report, annotations) =>
      call(`update check run ${report.name} of`, repository, write, async (octokit, at) => {
        try {
          for (const some of inRequests(annotations)) await update(octokit, at, id, report, some);
          return true;
        } catch (error) {
          if (isOfAnother(error)) return false;
          throw error;
        }
      }),
  };
}

/** `latest`, which GitHub lists by default, leaves out all of a name but one. */
async function list(octokit: Octokit, at: Owned, ref: string, name: string): Promise<readonly CheckRun[]> {
  const query = { ...at, ref, check_name: name, filter: "all", per_page: 100 } as const;
  const found = await octokit.paginate(octokit.rest.checks.listForRef, query);
  return found
    .map(({ id, external_id, app, check_suite, status, conclusion, details_url, started_at, output }) => ({
      id,
      externalId: external_id ?? "",
      app: app?.slug ?? undefined,
      suite: check_suite?.id,
      status: status === "completed" || status === "in_progress" ? status : ("queued" as const), // the others are those of GitHub Actions
      conclusion: conclusion ?? undefined,
      url: details_url ?? undefined,
      startedAt: started_at === null ? undefined : new Date(started_at),
      title: output.title ?? "",
      summary: output.summary ?? "",
      annotations: output.annotations_count,
    }))
    .sort((a, b) => a.id - b.id);
}

async function listAnnotations(octokit: Octokit, at: Owned, id: number): Promise<readonly CheckAnnotation[]> {
  const found = await octokit.paginate(octokit.rest.checks.listAnnotations, { ...at, check_run_id: id, per_page: 100 });
  return found.map(({ path, start_line, annotation_level, message }) => ({
    path,
    line: start_line,
    level: annotation_level === "notice" || annotation_level === "warning" ? annotation_level : "failure",
    message: message ?? "",
  }));
}

async function update(octokit: Octokit, at: Owned, id: number, report: CheckReport, some: readonly CheckAnnotation[]): Promise<void> {
  await octokit.rest.checks.update({ ...at, check_run_id: id, ...fieldsOf(report, some) });
}

function fieldsOf(
  { name, externalId, conclusion, status, url, startedAt, completedAt, title, summary }: CheckReport,
  some: readonly CheckAnnotation[] = [],
) {
  const annotations = some.map(({ path, line, level, message }) => ({
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    message,
  }));
  const ended = conclusion !== undefined && { conclusion, ...(completedAt && { completed_at: completedAt.toISOString() }) };
  return {
    name,
    external_id: externalId,
    started_at: startedAt.toISOString(),
    ...(url !== undefined && { details_url: url }),
    ...(ended === false ? { status } : { status: "completed" as const, ...ended }),
    output: { title, summary, ...(annotations.length > 0 && { annotations }) },
  };
}

/** Returns at least one list, of at most as many as a request may have. */
function inRequests(annotations: readonly CheckAnnotation[]): readonly (readonly CheckAnnotation[])[] {
  const count = Math.max(1, Math.ceil(annotations.length / annotationsAtOnce));
  return Array.from({ length: count }, (_, at) => annotations.slice(at * annotationsAtOnce, (at + 1) * annotationsAtOnce));
}

/** "Invalid app_id `15368` - check run can only be modified by the GitHub App that created it." */
function isOfAnother(error: unknown): boolean {
  return statusOf(error) === 403 && /only be modified by the GitHub App that created it/i.test(saidBy(error));
}
