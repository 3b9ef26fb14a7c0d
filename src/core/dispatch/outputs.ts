import { FairleadError } from "../errors.ts";
import type { Dispatches } from "../git/dispatch.ts";
import { formatRepository, type Repository } from "../git/repository.ts";

/** What a workflow has told, by names. */
export type WorkflowOutputs = Readonly<Record<string, string>>;

/**
 * Returns what a workflow has told in the one file of the newest artifact of a name: a JSON object of texts. Throws `not_found` without the artifact,
 * `workflow_failed` for another file.
 */
export async function readOutputs(dispatch: Dispatches, repository: Repository, run: string, name: string): Promise<WorkflowOutputs> {
  const doing = `read artifact ${name} of ${formatRepository(repository)}`;
  const artifact = (await dispatch.artifacts(repository, run, name)).find((each) => each.name === name);
  if (artifact === undefined) {
    const hint = "let the workflow upload a JSON file as an artifact of this name";
    throw new FairleadError("not_found", `${doing}: the run has not uploaded it`, { hint });
  }
  const value = parse(await dispatch.artifactText(repository, artifact.id));
  if (isOutputs(value)) return value;
  throw new FairleadError("workflow_failed", `${doing}: it is not a JSON object of texts`, { hint: 'write it as {"NAME":"VALUE"}' });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isOutputs(value: unknown): value is WorkflowOutputs {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}
