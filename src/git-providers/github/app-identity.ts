import type { TokenIdentity } from "../../core/token.ts";
import { appFailure } from "./app-failure.ts";
import { notInstalled, readApp, readInstallation, suspended, type Asking } from "./app-installation.ts";
import { spellPermission, type AppPermissions } from "./permissions.ts";

/** Returns who an App is, and what it may do where it is installed. Throws `not_found` for one that is installed nowhere, `forbidden` for one that is suspended. */
export async function readAppIdentity(asking: Asking): Promise<TokenIdentity> {
  const { host, app, octokit } = asking;
  const doing = `ask GitHub who App ${app.id} of ${host} is`;
  const { slug } = await readApp(doing, asking);
  const installations = await octokit
    .paginate(octokit.rest.apps.listInstallations, { per_page: 100 })
    .then((all) => all.map(readInstallation))
    .catch((error: unknown) => Promise.reject(appFailure(doing, asking, error) as Error));
  const open = installations.filter(({ isSuspended }) => !isSuspended);
  const [first] = installations;
  if (first === undefined) throw await notInstalled(doing, asking, "is not installed anywhere");
  if (open.length === 0) throw suspended(doing, first);
  return { login: `${slug}[bot]`, scopes: common(open.map(({ permissions }) => permissions)), by: "app", token: `App ${app.id}` };
}

/** Returns the permissions that all installations were granted. */
function common(granted: readonly AppPermissions[]): readonly string[] {
  const [first = {}, ...others] = granted;
  const shared = Object.entries(first).filter(([name, level]) => others.every((each) => each[name] === level));
  return shared.map(([name, level]) => spellPermission(name, level)).sort();
}
