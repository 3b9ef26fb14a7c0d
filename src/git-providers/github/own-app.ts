import type { Octokit } from "#sdk/@octokit/rest";
import type { AdapterOptions } from "../../core/adapter.ts";
import { FairleadError } from "../../core/errors.ts";
import type { AppIdentity, AppInstallation, OwnApp, PermissionLevel, Reach } from "../../core/git/app-provider.ts";
import { once } from "../../core/once.ts";
import { githubFailure, saidBy, statusOf } from "./failure.ts";
import { appClient } from "./app-client.ts";
import { lookUp } from "./app-installation.ts";
import { factsOf, permissionsOf } from "./own-app-facts.ts";
import type { GitHubSettings } from "./settings.ts";

/** Returns what an App may ask of itself. https://docs.github.com/en/rest/apps/apps */
export function openOwnApp(identity: AppIdentity, options: AdapterOptions<GitHubSettings>): OwnApp {
  const clients = new Map<string, Promise<Octokit>>();
  const doing = `ask GitHub App ${identity.id}`;
  const ask = async <T>(use: (octokit: Octokit) => Promise<T>): Promise<T> => {
    const octokit = await once(clients, "", () => appClient(identity.host, identity, options));
    try {
      return await use(octokit);
    } catch (error) {
      throw appFailure(doing, identity, error);
    }
  };
  return {
    read: () => ask(async ({ rest }) => factsOf((await rest.apps.getAuthenticated()).data!)),
    installations: () =>
      ask(async (octokit) => (await octokit.paginate(octokit.rest.apps.listInstallations, { per_page: 100 })).map(installationOf)),
    hook: () => ask(async ({ rest }) => (await rest.apps.getWebhookConfigForApp()).data.url),
    setHookSecret: (secret) => ask(async ({ rest }) => void (await rest.apps.updateWebhookConfigForApp({ secret }))),
    reach: (path) => ask((octokit) => reach(octokit, identity, path)),
    tryPermission: ({ id }, permission, level) => ask((octokit) => tryPermission(octokit, id, permission, level, options)),
  };
}

type Listed = Awaited<ReturnType<Octokit["rest"]["apps"]["listInstallations"]>>["data"][number];

function installationOf({ id, account, html_url: page, suspended_at, repository_selection, permissions, events }: Listed): AppInstallation {
  return {
    id,
    account: account?.login ?? "",
    page,
    suspended: suspended_at !== null,
    all: repository_selection === "all",
    permissions: permissionsOf(permissions),
    events,
  };
}

async function reach(octokit: Octokit, { host, id }: AppIdentity, path: string): Promise<Reach> {
  const [owner = "", repo = ""] = path.split("/");
  const { installation, moved } = await lookUp(`find App ${id} in ${host}/${path}`, { octokit, host, app: { id } }, { owner, repo });
  if (moved !== undefined) return "moved";
  return installation === undefined ? "not installed" : "installed";
}

/** What is not granted is a 422: https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
async function tryPermission(
  { rest }: Octokit,
  id: number,
  permission: string,
  level: PermissionLevel,
  { redactor }: Pick<AdapterOptions, "redactor">,
): Promise<void> {
  try {
    const { data } = await rest.apps.createInstallationAccessToken({ installation_id: id, permissions: { [permission]: level } });
    redactor.add(data.token);
  } catch (error) {
    if (statusOf(error) !== 422) throw error;
    const hint = "accept the App's new permissions on the page of its installation, or add the permission to the App";
    throw new FairleadError("forbidden", `use ${permission}: the installation does not have ${permission}: ${level}`, {
      hint,
      cause: error,
    });
  }
}

function appFailure(doing: string, { id }: AppIdentity, error: unknown): unknown {
  if (error instanceof FairleadError) return error;
  const status = statusOf(error);
  if (status !== 401 && status !== 404) return githubFailure(doing, error);
  const cause = status === 401 ? "GitHub does not take the key" : `there is no App ${id}`;
  const said = saidBy(error);
  return new FairleadError("unauthenticated", `${doing}: ${cause}${said === "" ? "" : ` (${said})`}`, {
    hint: "see that the App is there, and make a new private key on its page",
    cause: error,
  });
}
