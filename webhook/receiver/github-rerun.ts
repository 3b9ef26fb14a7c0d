/** GitHub's button "Re-run" of a check: https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run */
import { repositoryOf } from "./github-payload.ts";
import { field, needInteger, needText, text } from "./json.ts";
import type { Parsed } from "./receiver.ts";

/** Tells whether somebody has pressed the button of a check run. */
export function isRerun(type: string, body: object): boolean {
  return type === "check_run" && field(body, "action") === "rerequested";
}

/**
 * Returns the run that somebody asks for anew, by what its check run names. GitHub tells so the App alone that has made the check run, and only what is sent
 * to an App names an installation.
 */
export function readRerun(body: object): Parsed {
  if (typeof field(body, "installation", "id") !== "number") return { ignored: "rerun was not told to an App" };
  const check = field(body, "check_run");
  const run = text(check, "external_id") ?? "";
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(run)) return { ignored: "check names no run" };
  const clientId = text(check, "app", "client_id");
  const app = [String(needInteger(check, "app", "id")), ...(clientId === undefined ? [] : [clientId])];
  const [commit, by] = [needText(check, "head_sha"), needText(body, "sender", "login")];
  return { events: [{ kind: "rerun", run, repository: repositoryOf(body), commit, app, by }] };
}
