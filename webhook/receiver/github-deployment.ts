/** GitHub's events of deployments: https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment */
import type { DeploymentEvent } from "../../src/core/event/git.ts";
import { fromFork, isOfFork, isOwnName, isPullRef } from "./from-fork.ts";
import { repositoryOf } from "./github-payload.ts";
import { field, isObject, list, needInteger, needText, text } from "./json.ts";
import type { Parsed } from "./receiver.ts";

type State = DeploymentEvent["state"];

const states: readonly State[] = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

/** Returns the deployment that was created. It has no status yet, which GitHub shows as pending. */
export function readDeployment(body: object): Parsed {
  if (needText(body, "action") !== "created") return { ignored: "deployment action not handled" };
  return deploymentIs("pending", body);
}

/** Returns the deployment, with its new status. */
export function readDeploymentStatus(body: object): Parsed {
  if (needText(body, "action") !== "created") return { ignored: "deployment status action not handled" };
  const given = needText(body, "deployment_status", "state");
  const state = states.find((each) => each === given);
  if (state === undefined) return { ignored: "deployment status state not handled" };
  return deploymentIs(state, body);
}

function deploymentIs(state: State, body: object): Parsed {
  const deployment = field(body, "deployment");
  const run = field(body, "workflow_run");
  const ref = needText(deployment, "ref");
  const commit = needText(deployment, "sha");
  const made = {
    repository: repositoryOf(body),
    id: String(needInteger(deployment, "id")),
    environment: needText(deployment, "environment"),
    state,
    commit,
    ref,
    url: text(body, "deployment_status", "environment_url") ?? null,
  };
  return { events: [{ kind: "deployment", ...made, ...headOf(run, deployment), ...fromFork(!isOwn(run, body, { ref, commit })) }] };
}

/**
 * A job's deployment is of the run's own head. One made by the API is of whatever commit its maker names, and those of a fork are in the repository too:
 * the name of a branch or a tag is the repository's own.
 */
function isOwn(run: unknown, body: object, { ref, commit }: { readonly ref: string; readonly commit: string }): boolean {
  if (isObject(run) && isOfFork(run, body)) return false;
  return isOwnName(ref, commit) || (isObject(run) && (isPullRef(ref) || text(run, "head_sha") === commit));
}

/**
 * Returns the head branch and the pull request that a deployment is of, as far as it says: a job of GitHub Actions knows both, and whoever makes a
 * deployment by the API may put them into its payload.
 */
function headOf(run: unknown, deployment: unknown): Pick<DeploymentEvent, "branch" | "pullRequest"> {
  const payload = field(deployment, "payload");
  const branch = text(run, "head_branch") ?? text(payload, "branch");
  const numbers = [field(list(run, "pull_requests")?.[0], "number"), field(payload, "pullRequest"), field(payload, "pull_request")];
  const pullRequest = numbers.find((each): each is number => Number.isSafeInteger(each));
  return { ...(branch !== undefined && { branch }), ...(pullRequest !== undefined && { pullRequest }) };
}
