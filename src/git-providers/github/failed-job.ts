import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError } from "../../core/errors.ts";
import type { FailedJob } from "../../core/git/dispatch.ts";
import { cut } from "../../core/text/cut.ts";
import { withoutMarks } from "../../core/text/visible.ts";
import type { Owned } from "./connection.ts";
import type { ReadStored } from "./storage.ts";

/** Lines of a log that are told, and characters of each. */
const mostLines = 20;
const longestLine = 300;
/** Bytes at the end of a log in which they are looked for. */
const tail = 256 * 1024;

/** Pages of 100 jobs that are read: a matrix alone has up to 256 jobs. */
const mostPages = 10;

/** Conclusions of a job that keep its run from succeeding, the telling ones first. */
const failures: readonly (string | null)[] = ["failure", "timed_out", "action_required", "cancelled"];

/** Returns the first job that has failed in the last attempt of a run. https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run */
export async function readFailedJob(octokit: Octokit, at: Owned, id: string, readStored: ReadStored): Promise<FailedJob | undefined> {
  const query = { ...at, run_id: Number(id), filter: "latest", per_page: 100 } as const;
  let pages = 0;
  const jobs = await octokit.paginate(octokit.rest.actions.listJobsForWorkflowRun, query, ({ data }, done) => {
    if (++pages === mostPages) done();
    return data;
  });
  const job = failures.flatMap((conclusion) => jobs.filter((each) => each.conclusion === conclusion))[0];
  if (job === undefined) return undefined;
  const step = job.steps?.find(({ conclusion }) => failures.includes(conclusion))?.name;
  return { name: job.name, step, lines: lastLines(await readLog(octokit, at, job.id, readStored)) };
}

/**
 * A log that is gone, or that the token may not read, tells nothing: that the job has failed is known without it. Where we refuse to read it, somebody may want
 * to allow that.
 */
async function readLog(octokit: Octokit, at: Owned, job: number, readStored: ReadStored): Promise<string> {
  const where = { ...at, job_id: job, request: { redirect: "manual" } } as const;
  try {
    const { headers } = await octokit.request("GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs", where);
    const bytes = await readStored(octokit, headers.location, { keepLast: tail });
    return new TextDecoder().decode(bytes);
  } catch (error) {
    return error instanceof FairleadError && error.code === "unsupported" ? [error.message, error.hint].filter(Boolean).join("\n") : "";
  }
}

/** Returns the lines up to the last error. What follows it is how the runner cleans up. */
function lastLines(log: string): readonly string[] {
  const all = log.split(/\r?\n/).map((line) => line.replace(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z ?/, ""));
  const lines = all.filter((line) => line.trim() !== "");
  const end = lines.findLastIndex((line) => line.startsWith("##[error]"));
  return lines.slice(0, end < 0 ? lines.length : end + 1).slice(-mostLines).map(plainLine); // prettier-ignore
}

/** `##[error]` is a command to the runner of whoever shows the line. */
function plainLine(line: string): string {
  const plain = withoutMarks(line).replace(/##\[(\w+)\]/g, (_, word: string) => (word === "error" ? "error: " : ""));
  return cut(plain.trimEnd(), longestLine);
}
