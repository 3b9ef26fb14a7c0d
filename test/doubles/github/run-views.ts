/** A run of a workflow as GitHub's API shows it. */
import { workflowId, type WorkflowRun } from "./actions.ts";
import { readCommit } from "./commits.ts";
import type { RepositoryCall } from "./route.ts";
import { apiUrl, nodeId, repositoryPath, time, viewRepository, viewUser } from "./views.ts";

/** `workflow-run`. */
export async function viewRun({ state, repository }: Pick<RepositoryCall, "state" | "repository">, run: WorkflowRun): Promise<object> {
  const { id, workflow, event, title, branch, sha, actor, attempt, status, conclusion } = run;
  const url = apiUrl(state, `${repositoryPath(repository)}/actions/runs/${id}`);
  const at = time(run.createdAt);
  const { tree, message, author, committer } = await readCommit(repository, sha);
  const person = ({ name, email }: typeof author): object => ({ name, email });
  return {
    id,
    name: workflow,
    node_id: nodeId("WorkflowRun", id),
    head_branch: branch,
    head_sha: sha,
    path: `.github/workflows/${workflow}`,
    display_title: title,
    run_number: id,
    run_attempt: attempt,
    event,
    status,
    conclusion,
    workflow_id: workflowId(repository, workflow),
    check_suite_id: id,
    check_suite_node_id: nodeId("CheckSuite", id),
    url,
    html_url: `${state.origin}/${repository.fullName}/actions/runs/${id}`,
    pull_requests: [],
    created_at: at,
    updated_at: at,
    run_started_at: at,
    actor: viewUser(state, actor),
    triggering_actor: viewUser(state, actor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: apiUrl(state, `${repositoryPath(repository)}/check-suites/${id}`),
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: apiUrl(state, `${repositoryPath(repository)}/actions/workflows/${workflowId(repository, workflow)}`),
    head_commit: {
      id: sha,
      tree_id: tree,
      message,
      timestamp: author.date,
      author: person(author),
      committer: person(committer),
    },
    repository: viewRepository(state, repository),
    head_repository: viewRepository(state, repository),
  };
}
