/** GitHub's events of an App's installations: https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation */
import type { InstallationEvent } from "../../src/core/event/git.ts";
import { list, malformed, needList, needText, text } from "./json.ts";
import type { Parsed } from "./receiver.ts";
import { hostOf } from "./refs.ts";

const actions: ReadonlyMap<string, InstallationEvent["action"]> = new Map([
  ["created", "created"],
  ["deleted", "deleted"],
  ["suspend", "suspended"],
  ["unsuspend", "unsuspended"],
  ["new_permissions_accepted", "permissions-accepted"],
]);

/** Returns what became of an installation, and the repositories that it has. */
export function readInstallation(body: object): Parsed {
  const action = actions.get(needText(body, "action"));
  return action === undefined
    ? { ignored: "installation action not handled" }
    : installationIs(action, body, list(body, "repositories") ?? []);
}

/** Returns the repositories that an installation has got, or has lost. */
export function readInstallationRepositories(body: object): Parsed {
  const action = needText(body, "action");
  if (action !== "added" && action !== "removed") return { ignored: "installation action not handled" };
  return installationIs(action, body, needList(body, `repositories_${action}`));
}

function installationIs(action: InstallationEvent["action"], body: object, repositories: readonly unknown[]): Parsed {
  const host = hostOf(needText(body, "installation", "html_url"));
  if (host === undefined) throw malformed("the installation has no address on the web");
  // an enterprise has a slug in place of a login
  const account = text(body, "installation", "account", "login") ?? needText(body, "installation", "account", "slug");
  const names = repositories.map((each) => `${host}/${needText(each, "full_name")}`);
  return { events: [{ kind: "installation", account: `${host}/${account}`, action, repositories: names }] };
}
