/** GitHub's events of check runs: https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run */
import type { CheckEvent } from "../../src/core/event/git.ts";
import { fromFork } from "./from-fork.ts";
import { repositoryOf } from "./github-payload.ts";
import { field, list, needText } from "./json.ts";
import type { Parsed } from "./receiver.ts";

/** What a conclusion comes to for whoever waits for the check; GitHub lets a commit be merged by the first three. */
const byConclusion: ReadonlyMap<string, CheckEvent["state"]> = new Map([
  ["success", "success"],
  ["neutral", "success"],
  ["skipped", "success"],
  ["failure", "failure"],
  ["timed_out", "failure"],
  ["cancelled", "failure"],
  ["action_required", "failure"],
  ["startup_failure", "failure"],
  ["stale", "pending"],
]);

/** Returns the state of a check run. */
export function readCheck(body: object): Parsed {
  const action = needText(body, "action");
  if (action !== "created" && action !== "completed") return { ignored: "check action not handled" };
  const run = field(body, "check_run");
  const isDone = needText(run, "status") === "completed";
  const state = isDone ? byConclusion.get(needText(run, "conclusion")) : "pending";
  if (state === undefined) return { ignored: "check conclusion not handled" };
  const about = { repository: repositoryOf(body), commit: needText(run, "head_sha"), context: needText(run, "name"), state };
  return { events: [{ kind: "check", ...about, ...fromFork(!isOwn(run, body)) }] };
}

/**
 * Tells whether the commit is the head of a branch of the repository, by a pull request of that branch. The name of the suite's head branch shows nothing:
 * a fork's branch may be called `main` too. https://docs.github.com/en/rest/checks/suites#about-check-suites
 */
function isOwn(run: unknown, body: object): boolean {
  const id = field(body, "repository", "id");
  const pulls = [...(list(run, "pull_requests") ?? []), ...(list(run, "check_suite", "pull_requests") ?? [])];
  const heads = pulls.map((pull) => field(pull, "head"));
  return typeof id === "number" && heads.some((head) => field(head, "repo", "id") === id && field(head, "sha") === field(run, "head_sha"));
}
