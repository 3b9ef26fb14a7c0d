import type { AppOptions } from "../../core/git/app.ts";
import { newClient, persistently, type Owned } from "./connection.ts";
import { apiUrl, type GitHubSettings } from "./settings.ts";

/** Tells whether everybody may read a repository: it is asked for without a token. */
export async function isPublic(at: Owned, options: AppOptions<GitHubSettings>): Promise<boolean> {
  const { host, settings } = options;
  const octokit = await newClient(apiUrl(host, settings), options);
  octokit.hook.wrap("request", persistently(`${host}/${at.owner}/${at.repo}`, options));
  return await octokit.rest.repos.get(at).then(
    () => true,
    () => false,
  );
}
