import type { Octokit } from "#sdk/@octokit/rest";
import type { Dispatches, RunAddress, Workflow, WorkflowDispatch, WorkflowText } from "../../core/git/dispatch.ts";
import { FairleadError, withDetails } from "../../core/errors.ts";
import { formatRepository } from "../../core/git/repository.ts";
import type { Permission } from "../../core/permission.ts";
import type { Owned } from "./connection.ts";
import { saidBy, statusOf, unnamedHint } from "./failure.ts";
import { readFailedJob } from "./failed-job.ts";
import type { Call } from "./pulls.ts";
import type { ReadStored } from "./storage.ts";
import { listArtifacts, listPending, listRuns, readArtifact, readRun, textOfArtifact } from "./workflow-runs.ts";

/** Returns what GitHub does with workflows. https://docs.github.com/en/rest/actions/workflows */
export function githubDispatch(send: Call, readStored: ReadStored): Dispatches {
  const call = namingPermissions(send);
  const [starts, reads] = [["workflows:write"], ["workflows:read"]] as const;
  return {
    workflow: (repository, file) =>
      call(
        `read workflow ${file} of`,
        repository,
        reads,
        async (octokit, at) => await readWorkflow(octokit, at, file, formatRepository(repository)),
      ),
    workflowText: (repository, path, ref) =>
      call(`read ${path} at ${ref} of`, repository, ["contents:read"], (octokit, at) => readText(octokit, at, path, ref)),
    startWorkflow: (repository, dispatch) =>
      call(`start workflow ${dispatch.workflow} of`, repository, starts, (octokit, at) => startWorkflow(octokit, at, dispatch)),
    makeEvent: (repository, { event, payload }) =>
      call(`dispatch ${event} to`, repository, ["contents:write"], async (octokit, at) => {
        await octokit.rest.repos.createDispatchEvent({ ...at, event_type: event, client_payload: { ...payload } });
      }),
    runs: (repository, query) => call("list runs of workflows of", repository, reads, (octokit, at) => listRuns(octokit, at, query)),
    run: (repository, id) => call(`read run ${id} of`, repository, reads, (octokit, at) => readRun(octokit, at, id)),
    pendingEnvironments: (repository, id) =>
      call(`read what run ${id} waits for in`, repository, reads, (octokit, at) => listPending(octokit, at, id)),
    failedJob: (repository, id) =>
      call(`read jobs of run ${id} of`, repository, reads, (octokit, at) => readFailedJob(octokit, at, id, readStored)),
    artifacts: (repository, id, name) =>
      call(`list artifacts of run ${id} of`, repository, reads, (octokit, at) => listArtifacts(octokit, at, id, name)),
    artifactText: (repository, id) =>
      call(`read artifact ${id} of`, repository, reads, async (octokit, at) => {
        const bytes = await readArtifact(octokit, at, id, readStored);
        return textOfArtifact(`read artifact ${id} of ${formatRepository(repository)}`, bytes);
      }),
    login: (repository) => call("ask who the token is for", repository, reads, (octokit) => readLogin(octokit)),
  };
}

const names: Readonly<Partial<Record<Permission, string>>> = {
  "contents:read": "contents: read",
  "contents:write": "contents: write",
  "workflows:read": "actions: read",
  "workflows:write": "actions: write",
};

/** GitHub does not always name the permission that a refused token lacks. */
function namingPermissions(send: Call): Call {
  return async (doing, repository, permissions, use) => {
    try {
      return await send(doing, repository, permissions, use);
    } catch (error) {
      if (!(error instanceof FairleadError) || error.hint !== unnamedHint) throw error;
      throw withDetails(error, { hint: `use a token with ${permissions.map((each) => names[each] ?? each).join(" and ")}` });
    }
  };
}

async function readWorkflow(octokit: Octokit, at: Owned, file: string, name: string): Promise<Workflow> {
  try {
    const { data } = await octokit.rest.actions.getWorkflow({ ...at, workflow_id: file });
    return { name: data.name, path: data.path, disabled: data.state === "active" ? undefined : data.state };
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new FairleadError(
      "not_found",
      `read workflow ${file} of ${name}: the default branch has no such workflow, or the token does not show it`,
      { hint: "name a file of .github/workflows, and use a token with actions: read", cause: error },
    );
  }
}

/** GitHub says in words alone that it is the ref that is missing. https://docs.github.com/en/rest/repos/contents#get-repository-content */
async function readText(octokit: Octokit, at: Owned, path: string, ref: string): Promise<WorkflowText> {
  try {
    const { data } = await octokit.rest.repos.getContent({ ...at, path, ref, mediaType: { format: "raw" } });
    return typeof data === "string" ? { text: data } : "no file";
  } catch (error) {
    const status = statusOf(error);
    if (status === 403) return "unread";
    if (status !== 404) throw error;
    const said = (error as { readonly response: { readonly data: { readonly message?: unknown } } }).response.data.message;
    return /no commit found/i.test(String(said)) ? "no ref" : "no file";
  }
}

/**
 * Older Enterprise Servers do not know that a run may be asked for: some answer without it, some refuse the question, and have done nothing then.
 * https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
 */
async function startWorkflow(octokit: Octokit, at: Owned, { workflow, ref, inputs }: WorkflowDispatch): Promise<RunAddress | undefined> {
  const body = { ...at, workflow_id: workflow, ref, inputs: { ...inputs } };
  const send = async (more: { readonly return_run_details?: true }): Promise<unknown> =>
    (await octokit.request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", { ...body, ...more })).data;
  const data = await send({ return_run_details: true }).catch(async (error: unknown) => {
    if (![400, 422].includes(statusOf(error) ?? 0) || !saidBy(error).includes("return_run_details")) throw error;
    return await send({});
  });
  const { workflow_run_id: id, html_url: url } = (data ?? {}) as { readonly workflow_run_id?: number; readonly html_url?: string };
  return id === undefined || url === undefined ? undefined : { id: String(id), url };
}

/** GraphQL answers the token of an app, too. https://docs.github.com/en/graphql/reference/queries#viewer */
async function readLogin(octokit: Octokit): Promise<string | undefined> {
  return (await octokit.graphql<{ readonly viewer: { readonly login: string } }>("query { viewer { login } }")).viewer.login;
}
