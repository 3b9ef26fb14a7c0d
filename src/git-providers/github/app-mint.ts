import type { Secret } from "../../core/secret.ts";
import type { Asking } from "./app-installation.ts";
import type { AppPermissions } from "./permissions.ts";

/** A token of one repository that was made. */
export interface Minted {
  readonly token: string;
  /** When it ends, in milliseconds since 1970 by this machine's clock. */
  readonly ends: number;
  readonly repository: number;
  readonly fullName: string;
}

/** For which repository a token is: by its id, or by its name where that is not known yet. */
export type Target = { readonly repository_ids: [number] } | { readonly repositories: [string] };

/**
 * Makes a token. Its end is counted from the time of GitHub's answer, so that a clock which is wrong by minutes hands out none that has ended.
 * Throws Octokit's error. https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
export async function mint(
  { octokit }: Asking,
  installation: number,
  target: Target,
  permissions: AppPermissions,
  now: () => number,
): Promise<Minted> {
  const limited = Object.keys(permissions).length === 0 ? {} : { permissions };
  const { data, headers } = await octokit.rest.apps.createInstallationAccessToken({ installation_id: installation, ...target, ...limited });
  const answered = Date.parse(headers.date ?? "");
  const left = Date.parse(data.expires_at) - (Number.isNaN(answered) ? now() : answered);
  const [repository] = data.repositories ?? [];
  return { token: data.token, ends: now() + left, repository: repository?.id ?? 0, fullName: repository?.full_name ?? "" };
}

/** A token as its source hands it out. */
export interface Fetched {
  readonly value: Secret;
  readonly expires: Date;
}
