import type { AdapterOptions } from "../../core/adapter.ts";
import type { TokenIdentity } from "../../core/token.ts";
import { openClient } from "./connection.ts";
import { githubFailure } from "./failure.ts";
import { apiUrl, type GitHubSettings } from "./settings.ts";

/** GraphQL answers the token of an app, too, which `GET /user` refuses. https://docs.github.com/en/graphql/reference/queries#viewer */
const query = "query { viewer { login } }";

/**
 * Returns who the token for a host, or for a place below it, is. The scopes are those of a classic token; of others GitHub tells none.
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
 */
export async function readIdentity(place: string, options: AdapterOptions<GitHubSettings>): Promise<TokenIdentity | undefined> {
  const doing = `ask GitHub who the token for ${place} is`;
  const ask = { resource: place, permissions: [], signal: options.signal };
  const own = await options.credentials.identity?.(ask);
  if (own !== undefined) return own;
  const token = await options.credentials.token(ask);
  if (token === undefined) return undefined;
  const octokit = await openClient(apiUrl(place.split("/", 1)[0] ?? "", options.settings), ask, options);
  let scopes: unknown;
  octokit.hook.after("request", ({ headers }) => void (scopes = headers["x-oauth-scopes"]));
  try {
    const { login } = (await octokit.graphql<{ readonly viewer: { readonly login: string } }>(query)).viewer;
    const listed = typeof scopes === "string" ? scopes.split(/[\s,]+/).filter((each) => each !== "") : undefined;
    return { login, scopes: listed, by: token.by, token: token.value.name };
  } catch (error) {
    throw githubFailure(doing, error);
  }
}
