/** GitHub's events of releases, comments, statuses and workflows, whose shape Gitea has taken over: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
import { conclusions } from "./conclusions.ts";
import { fromFork, isOfFork } from "./from-fork.ts";
import { repositoryOf } from "./github-payload.ts";
import { field, isObject, list, needBoolean, needInteger, needText, needTextOrEmpty, text } from "./json.ts";
import type { Parsed } from "./receiver.ts";

/** Returns the release that was published, of a tag that may be younger than it. */
export function readRelease(body: object): Parsed {
  if (needText(body, "action") !== "published") return { ignored: "release action not handled" };
  const [tag, prerelease] = [needText(body, "release", "tag_name"), needBoolean(body, "release", "prerelease")];
  return { events: [{ kind: "release", repository: repositoryOf(body), tag, action: "published", prerelease }] };
}

/** Returns the comment on a pull request, which is an issue that has a field `pull_request`. The account of a comment that has none was deleted. */
export function readComment(body: object): Parsed {
  if (needText(body, "action") !== "created") return { ignored: "comment action not handled" };
  if (!isObject(field(body, "issue", "pull_request"))) return { ignored: "comment is not on a pull request" };
  const author = field(body, "comment", "user") === null ? "ghost" : needText(body, "comment", "user", "login");
  const [number, words] = [needInteger(body, "issue", "number"), needTextOrEmpty(body, "comment", "body")];
  return { events: [{ kind: "comment", repository: repositoryOf(body), number, author, permission: "unknown", text: words }] };
}

/**
 * Returns the status of a commit. GitHub names the branches of the repository that begin with it: a fork's commit has none. Gitea names none, so that
 * nobody knows.
 */
export function readStatus(body: object): Parsed {
  const state = stateOf(needText(body, "state"));
  if (state === undefined) return { ignored: "status state not handled" };
  const about = {
    kind: "check",
    repository: repositoryOf(body),
    commit: needText(body, "sha"),
    context: needText(body, "context"),
    state,
  } as const;
  return { events: [{ ...about, ...fromFork((list(body, "branches") ?? []).length === 0) }] };
}

const states = ["error", "failure", "pending", "success"] as const;

/** Gitea's `warning` and `skipped` keep no commit from being merged. */
function stateOf(state: string): (typeof states)[number] | undefined {
  return state === "warning" || state === "skipped" ? "success" : states.find((each) => each === state);
}

/** Returns the state of a run of a workflow. */
export function readWorkflow(body: object): Parsed {
  const action = needText(body, "action");
  const state = (["requested", "in_progress", "completed"] as const).find((each) => each === action);
  if (state === undefined) return { ignored: "workflow action not handled" };
  const run = field(body, "workflow_run");
  const conclusion = state === "completed" ? conclusions.find((each) => each === needText(run, "conclusion")) : null;
  if (conclusion === undefined) return { ignored: "workflow conclusion not handled" };
  const name = text(run, "name") ?? text(body, "workflow", "name") ?? needText(run, "path");
  const [id, commit] = [String(needInteger(run, "id")), needText(run, "head_sha")];
  return {
    events: [{ kind: "workflow", repository: repositoryOf(body), id, name, state, conclusion, commit, ...fromFork(isOfFork(run, body)) }],
  };
}
