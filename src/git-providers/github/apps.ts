import type { AdapterOptions } from "../../core/adapter.ts";
import type { AppPlan, AppProvider, NewApp } from "../../core/git/app-provider.ts";
import { FairleadError } from "../../core/errors.ts";
import { openClient } from "./connection.ts";
import { githubFailure, statusOf } from "./failure.ts";
import { openOwnApp } from "./own-app.ts";
import { factsOf } from "./own-app-facts.ts";
import { apiUrl, type GitHubSettings } from "./settings.ts";

/** GitHub's Apps. https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest */
export function githubApps(options: AdapterOptions<GitHubSettings>): AppProvider {
  return {
    longestName: 34,
    form: (plan) => ({ action: formAction(plan, options.settings), fields: { manifest: JSON.stringify(manifestOf(plan)) } }),
    installPage: ({ url }) => `${url}/installations/new`,
    settingsPage: (host, organization) => `${baseOf(host, options.settings)}${ownerPath(organization)}/settings/apps`,
    convert: (host, code) => convert(host, code, options),
    own: (identity) => openOwnApp(identity, options),
  };
}

function formAction({ host, organization, state }: AppPlan, settings: GitHubSettings | undefined): string {
  return `${baseOf(host, settings)}${ownerPath(organization)}/settings/apps/new?state=${encodeURIComponent(state)}`;
}

function baseOf(host: string, settings: GitHubSettings | undefined): string {
  return settings !== undefined && new URL(settings.url).host === host ? new URL(settings.url).origin : `https://${host}`;
}

function ownerPath(organization: string | undefined): string {
  return organization === undefined ? "" : `/organizations/${encodeURIComponent(organization)}`;
}

/** GitHub refuses a hook without a URL, and an event whose permission is not asked for. */
function manifestOf({ name, homepage, hook, back, permissions, events }: AppPlan): Readonly<Record<string, unknown>> {
  return {
    name,
    url: homepage,
    hook_attributes: { url: hook, active: true },
    redirect_url: back,
    public: false,
    default_permissions: Object.fromEntries(permissions),
    default_events: events,
  };
}

/** Nobody has a token yet: the code is all that proves who asks. */
async function convert(host: string, code: string, options: AdapterOptions<GitHubSettings>): Promise<NewApp> {
  const doing = "create App";
  const ask = { resource: host, permissions: [], signal: options.signal };
  const octokit = await openClient(apiUrl(host, options.settings), ask, { ...options, credentials: nobody });
  try {
    const { data } = await octokit.rest.apps.createFromManifest({ code });
    for (const secret of [data.pem, data.webhook_secret, data.client_secret]) if (secret) options.redactor.add(secret);
    return { ...factsOf(data), key: data.pem, webhookSecret: data.webhook_secret ?? undefined };
  } catch (error) {
    if (statusOf(error) !== 404) throw githubFailure(doing, error);
    const hint = "run it again, and delete an App that was made without its key";
    throw new FairleadError("not_found", `${doing}: GitHub does not know the code: it was used, or is older than an hour`, { hint });
  }
}

const nobody: AdapterOptions["credentials"] = { token: () => Promise.resolve(undefined), refused: () => "no" };
