/** GitHub's payloads, whose shape Gitea has taken over: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
import type { PullRequestEvent } from "../../src/core/event/git.ts";
import { field, needBoolean, needInteger, needText, text } from "./json.ts";
import { pullRequestChanged } from "./parsed.ts";
import type { Parsed } from "./receiver.ts";
import { repositoryName } from "./refs.ts";

/** Returns the name of the repository that the payload is about. */
export function repositoryOf(body: object): string {
  return repositoryName(needText(body, "repository", "html_url"));
}

/** Returns what a `pull_request` event says. `updated` is the action that says that the head has moved; `fork` reads the two repositories. */
export function readPullRequest(body: object, updated: string, isFork: (pull: unknown) => boolean): Parsed {
  const pull = field(body, "pull_request");
  const action = actionOf(needText(body, "action"), updated, pull);
  if (action === undefined) return { ignored: "pull request action not handled" };
  const change = {
    repository: repositoryOf(body),
    number: needInteger(body, "number"),
    action,
    branch: needText(pull, "head", "ref"),
    commit: needText(pull, "head", "sha"),
    base: needText(pull, "base", "ref"),
    fork: isFork(pull),
  };
  return { events: [pullRequestChanged(change, text(pull, "merge_commit_sha"))] };
}

function actionOf(action: string, updated: string, pull: unknown): PullRequestEvent["action"] | undefined {
  if (action === "opened" || action === "reopened") return "opened";
  if (action === updated) return "updated";
  if (action === "closed") return needBoolean(pull, "merged") ? "merged" : "closed";
  return undefined;
}
