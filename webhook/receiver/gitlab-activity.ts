/** GitLab's events of releases, deployments, pipelines, jobs and comments: https://docs.gitlab.com/user/project/integrations/webhook_events/ */
import type { CheckEvent, DeploymentEvent, WorkflowEvent } from "../../src/core/event/git.ts";
import { fromFork, isPullRef } from "./from-fork.ts";
import { field, isObject, needInteger, needText, needTextOrEmpty, text } from "./json.ts";
import type { Parsed } from "./receiver.ts";
import { repositoryName } from "./refs.ts";

/** Returns the name of the project that a payload is about. Older versions name it in a job's `repository` alone. */
export function projectOf(body: object): string {
  return repositoryName(text(body, "project", "web_url") ?? text(body, "repository", "homepage") ?? needText(body, "project", "web_url"));
}

/** Returns the release that was made. GitLab knows no prereleases. */
export function readGitlabRelease(body: object): Parsed {
  if (needText(body, "action") !== "create") return { ignored: "release action not handled" };
  return { events: [{ kind: "release", repository: projectOf(body), tag: needText(body, "tag"), action: "published", prerelease: false }] };
}

const deploymentStates: ReadonlyMap<string, DeploymentEvent["state"]> = new Map([
  ["created", "pending"],
  ["blocked", "queued"],
  ["running", "in_progress"],
  ["success", "success"],
  ["failed", "failure"],
  ["canceled", "error"],
]);

/** Returns the state of a deployment. Its whole commit is only in the address of the commit. */
export function readGitlabDeployment(body: object): Parsed {
  const state = deploymentStates.get(needText(body, "status"));
  if (state === undefined) return { ignored: "deployment status not handled" };
  const [, commit] = /\/([0-9a-f]{40}|[0-9a-f]{64})$/.exec(text(body, "commit_url") ?? "") ?? [];
  if (commit === undefined) return { ignored: "deployment has no commit" };
  const ref = needText(body, "ref");
  const made = {
    repository: projectOf(body),
    id: String(needInteger(body, "deployment_id")),
    environment: needText(body, "environment"),
    state,
  };
  const url = text(body, "environment_external_url") ?? null;
  return { events: [{ kind: "deployment", ...made, commit, ref, url, ...fromFork(isPullRef(ref)) }] };
}

type WorkflowState = Pick<WorkflowEvent, "state" | "conclusion">;

const requested: WorkflowState = { state: "requested", conclusion: null };
const inProgress: WorkflowState = { state: "in_progress", conclusion: null };

/** What the status of a pipeline is for a workflow. One that waits for a person has not ended. */
const pipelineStates = new Map<string, WorkflowState>([
  ["created", requested],
  ["waiting_for_resource", requested],
  ["preparing", requested],
  ["pending", requested],
  ["scheduled", requested],
  ["running", inProgress],
  ["manual", inProgress],
  ["canceling", inProgress],
  ["success", { state: "completed", conclusion: "success" }],
  ["failed", { state: "completed", conclusion: "failure" }],
  ["canceled", { state: "completed", conclusion: "cancelled" }],
  ["skipped", { state: "completed", conclusion: "skipped" }],
]);

/** Returns the state of a pipeline. Without a name of its own it is called `pipeline`. */
export function readPipeline(body: object): Parsed {
  const pipeline = field(body, "object_attributes");
  const state = pipelineStates.get(needText(pipeline, "status"));
  if (state === undefined) return { ignored: "pipeline status not handled" };
  const about = {
    repository: projectOf(body),
    id: String(needInteger(pipeline, "id")),
    name: text(pipeline, "name") ?? "pipeline",
    ...state,
  };
  return { events: [{ kind: "workflow", ...about, commit: needText(pipeline, "sha"), ...fromFork(isOfForkedMerge(body)) }] };
}

function isOfForkedMerge(body: object): boolean {
  const merge = field(body, "merge_request");
  if (!isObject(merge)) return (text(body, "object_attributes", "source") ?? "").startsWith("external_pull_request");
  return field(merge, "source_project_id") !== field(merge, "target_project_id");
}

const jobStates: ReadonlyMap<string, CheckEvent["state"]> = new Map([
  ...["created", "waiting_for_resource", "waiting_for_callback", "preparing", "pending", "scheduled", "running", "canceling", "manual"].map(
    (status) => [status, "pending"] as const,
  ),
  ["success", "success"],
  ["skipped", "success"],
  ["failed", "failure"],
  ["canceled", "failure"],
]);

/** Returns the state of a job, by its name. One that may fail lets its pipeline go on. */
export function readJob(body: object): Parsed {
  const status = needText(body, "build_status");
  const mayFail = status === "failed" && field(body, "build_allow_failure") === true;
  const state = mayFail ? "success" : jobStates.get(status);
  if (state === undefined) return { ignored: "job status not handled" };
  const about = { repository: projectOf(body), commit: needText(body, "sha"), context: needText(body, "build_name"), state };
  return { events: [{ kind: "check", ...about, ...fromFork(isPullRef(text(body, "ref") ?? "")) }] };
}

/** Returns the comment on a merge request that somebody has written. GitLab writes some itself, and tells of changed ones too. */
export function readNote(body: object): Parsed {
  const note = field(body, "object_attributes");
  if (needText(note, "noteable_type") !== "MergeRequest") return { ignored: "comment is not on a merge request" };
  if (field(note, "system") === true) return { ignored: "comment is of GitLab itself" };
  if ((text(note, "action") ?? "create") !== "create") return { ignored: "comment action not handled" };
  const [number, author] = [needInteger(body, "merge_request", "iid"), needText(body, "user", "username")];
  const words = needTextOrEmpty(note, "note");
  return { events: [{ kind: "comment", repository: projectOf(body), number, author, permission: "unknown", text: words }] };
}
