import { requirePeople, type EnvironmentDecision } from "../git/people.ts";
import type { Repository } from "../git/repository.ts";
import type { Context } from "../run/step.ts";

/** An environment for which a run of a workflow waits. */
export interface WaitingEnvironment {
  readonly name: string;
  readonly workflowRun: string;
}

/**
 * Returns the decision that counts for an environment; undefined before there is one. `unclear`: it was rejected and approved, as in two attempts of the
 * run. GitHub tells neither the time nor the order of the decisions. A last attempt that has succeeded was not rejected.
 * https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
 */
export async function environmentDecision(
  ctx: Context,
  repository: Repository,
  { name, workflowRun }: WaitingEnvironment,
): Promise<EnvironmentDecision | "unclear" | undefined> {
  const provider = ctx.gitProvider(repository.host);
  const all = await requirePeople(provider, repository).environmentDecisions(repository, workflowRun);
  const ofOurs = all.filter(({ environments }) => environments.includes(name));
  const [approved, rejected] = (["approved", "rejected"] as const).map((verdict) => ofOurs.find((each) => each.verdict === verdict));
  if (approved === undefined || rejected === undefined) return approved ?? rejected;
  const run = await provider.dispatch?.run(repository, workflowRun);
  return run?.conclusion === "success" ? approved : "unclear";
}
