/** GitHub's events of check runs: https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run */
import type { CheckEvent } from "../../src/core/event/git.ts";
import { fromFork } from "./from-fork.ts";
import { repositoryOf } from "./github-payload.ts";
import { field, needText, text } from "./json.ts";
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

/**
 * Returns the state of a check run. The head branch of its suite is null where no branch of the repository has the commit, as of a fork:
 * https://docs.github.com/en/rest/checks/suites#about-check-suites
 */
export function readCheck(body: object): Parsed {
  const action = needText(body, "action");
  if (action !== "created" && action !== "completed") return { ignored: "check action not handled" };
  const run = field(body, "check_run");
  const isDone = needText(run, "status") === "completed";
  const state = isDone ? byConclusion.get(needText(run, "conclusion")) : "pending";
  if (state === undefined) return { ignored: "check conclusion not handled" };
  const about = { repository: repositoryOf(body), commit: needText(run, "head_sha"), context: needText(run, "name"), state };
  return { events: [{ kind: "check", ...about, ...fromFork(text(run, "check_suite", "head_branch") === undefined) }] };
}
