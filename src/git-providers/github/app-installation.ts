import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError } from "../../core/errors.ts";
import { appFailure, type NamedApp } from "./app-failure.ts";
import { lacking, type AppPermissions } from "./permissions.ts";
import type { Owned } from "./connection.ts";
import { statusOf } from "./failure.ts";
import { isRequestError, type RequestError } from "./octokit-error.ts";
import { sentenceIn } from "./said.ts";

/** Where an App is installed. */
export interface Installation {
  readonly id: number;
  /** The login of the organization or the person. */
  readonly account: string;
  readonly slug: string;
  /** The page on which it is suspended, and its permissions are accepted. */
  readonly page: string;
  readonly isSuspended: boolean;
  readonly permissions: AppPermissions;
}

/** An installation that was looked for by a repository's name. */
export interface LookedUp {
  /** Undefined where the App is not installed. */
  readonly installation: Installation | undefined;
  /** The repository's id, where GitHub says that it has another name now. */
  readonly moved: number | undefined;
}

/** An App's requests, and how messages name it. */
export interface Asking extends NamedApp {
  readonly octokit: Octokit;
}

/**
 * Returns the installation of an App in a repository. Of one that has another name now, GitHub redirects to its id.
 * https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app
 */
export async function lookUp(doing: string, asking: Asking, at: Owned): Promise<LookedUp> {
  try {
    const { data, url } = await asking.octokit.rest.apps.getRepoInstallation({ ...at });
    return { installation: readInstallation(data), moved: idIn(url) };
  } catch (error) {
    const isThere = isRequestError(error) && !/integration/i.test(messageOf(error));
    if (statusOf(error) !== 404 || !isThere) throw appFailure(doing, asking, error);
    return { installation: undefined, moved: idIn(error.response?.url) };
  }
}

function messageOf({ response }: RequestError): string {
  return sentenceIn(response?.data);
}

function idIn(url: string | undefined): number | undefined {
  const id = /\/repositories\/(\d+)\/installation$/.exec(url ?? "")?.[1];
  return id === undefined ? undefined : Number(id);
}

type InstallationData = Awaited<ReturnType<Octokit["rest"]["apps"]["getRepoInstallation"]>>["data"];

/** Returns what is used of an installation. */
export function readInstallation({
  id,
  account,
  app_slug: slug,
  html_url: page,
  suspended_at,
  permissions,
}: InstallationData): Installation {
  const login = account === null ? "" : "login" in account ? account.login : account.slug;
  return { id, account: login, slug, page, isSuspended: suspended_at !== null, permissions };
}

/** Returns the error of an App that is not installed in a repository. */
export async function notInstalled(doing: string, asking: Asking, why = "is not installed there"): Promise<FairleadError> {
  const { slug, html_url: page } = await readApp(doing, asking);
  return new FairleadError("not_found", `${doing}: the App ${slug} ${why}`, {
    hint: `install it, with this repository: open ${page}/installations/new`,
  });
}

/** Returns the error of an installation that somebody has suspended. */
export function suspended(doing: string, { slug, account, page }: Installation): FairleadError {
  return new FairleadError("forbidden", `${doing}: the installation of the App ${slug} by ${account} is suspended`, {
    hint: `let an owner of ${account} unsuspend it: open ${page}`,
  });
}

/** Returns the error of an installation that was not granted what is wanted: its App does not ask for it, or nobody has accepted that. */
export async function notGranted(
  doing: string,
  asking: Asking,
  installation: Installation,
  wanted: AppPermissions,
): Promise<FairleadError> {
  const { slug, account, page, permissions } = installation;
  const app = await readApp(doing, asking);
  const missing = lacking(wanted, permissions);
  const toAdd = lacking(wanted, app.permissions as AppPermissions);
  const { login, type } = ownerOf(app);
  const owned = type === "Organization" ? `organizations/${login}/` : "";
  const settings = `${new URL(app.html_url).origin}/${owned}settings/apps/${slug}/permissions`;
  const add = toAdd.length === 0 ? "" : `add ${toAdd.join(" and ")} to the App: open ${settings}, and `;
  return new FairleadError("forbidden", `${doing}: the App ${slug} was not granted ${missing.join(" and ")} by ${account}`, {
    hint: `${add}let an owner of ${account} accept it: open ${page}`,
  });
}

type AppData = NonNullable<Awaited<ReturnType<Octokit["rest"]["apps"]["getAuthenticated"]>>["data"]>;

/** Returns the App itself. https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app */
export async function readApp(doing: string, asking: Asking): Promise<AppData & { readonly slug: string }> {
  try {
    const { data } = await asking.octokit.rest.apps.getAuthenticated();
    if (data !== null) return { ...data, slug: data.slug ?? data.name };
  } catch (error) {
    throw appFailure(doing, asking, error);
  }
  throw new FairleadError("internal", `${doing}: GitHub says nothing of App ${asking.app.id}`);
}

function ownerOf({ owner }: AppData): { readonly login: string; readonly type: string } {
  return "login" in owner ? { login: owner.login, type: owner.type } : { login: owner.slug, type: "Organization" };
}
