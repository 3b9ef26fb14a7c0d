import { asFairleadError } from "../errors.ts";
import { requireDispatch, type Dispatches, type RunQuery, type WorkflowRun } from "../git/dispatch.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import type { Context } from "../run/step.ts";

/** Which runs may be those of a dispatch. */
export interface DispatchedRuns extends Omit<RunQuery, "since"> {
  readonly repository: Repository;
  readonly mark: string | undefined;
  /** The title of a run that has no name of its own; undefined: any. */
  readonly title: string | undefined;
}

/** The runs that may be those of a dispatch, the newest first. */
export interface FoundRuns {
  readonly runs: readonly WorkflowRun[];
  /** Those that fit, and that another account has started. */
  readonly others: readonly WorkflowRun[];
  /** The account that `runs` are of; undefined where it is not known, or not asked for. */
  readonly login: string | undefined;
}

/** What to do when the run of a dispatch has not ended in time. */
export const lateHint = "see how it ends on its own page, and give the next more time: to run this again starts the workflow again";

/** Returns the runs that may be those of a dispatch. Where no title names them, they are those of the account of the token, as far as it is known. */
export async function findRuns(ctx: Context, wanted: DispatchedRuns, since: Date): Promise<FoundRuns> {
  const { repository, mark, title, event, workflow, ref } = wanted;
  const dispatch = requireDispatch(ctx.gitProvider(repository.host), repository);
  const all = await dispatch.runs(repository, { event, workflow, ref, since });
  if (mark !== undefined) return { runs: all.filter((run) => run.title.includes(mark)), others: [], login: undefined };
  const fit = all.filter((run) => title === undefined || run.title === title);
  const login = fit.length === 0 ? undefined : await readLogin(dispatch, repository);
  const isOurs = ({ actor }: WorkflowRun): boolean => login === undefined || actor?.toLowerCase() === login.toLowerCase();
  return { runs: fit.filter(isOurs), others: fit.filter((run) => !isOurs(run)), login };
}

/** A token need not be allowed to ask whose it is. */
async function readLogin(dispatch: Dispatches, repository: Repository): Promise<string | undefined> {
  try {
    return await dispatch.login(repository);
  } catch (error) {
    if (["forbidden", "not_found", "unsupported"].includes(asFairleadError(error).code)) return undefined;
    throw error;
  }
}

/** Returns the warning about a run that no title names; none where one does. */
export function guessed({ repository, event, mark }: DispatchedRuns, { id }: WorkflowRun, login: string | undefined): readonly string[] {
  if (mark !== undefined) return [];
  const flag = event === "workflow_dispatch" ? "--correlation-input" : "--correlation-key";
  const by = login === undefined ? "its time alone: nobody tells whose the token is" : `its time and its account ${login} alone`;
  return [`${formatRepository(repository)}: run ${id} was found by ${by}; ${flag} makes sure that it is the right one`];
}
