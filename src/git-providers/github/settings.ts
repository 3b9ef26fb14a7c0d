import { z } from "zod";
import { hostUrl, serverUrl, urlBelow, type Allowed, type ServerUrl } from "../../core/server-url.ts";
import { publicServers } from "../../core/servers.ts";

const example = "https://github.example.com";

/** A GitHub of one's own. */
export const githubSettings = z
  .strictObject({
    url: serverUrl(example).describe("URL of a GitHub Enterprise Server, such as https://github.example.com"),
    api: serverUrl(example).optional().describe("URL of its REST API (default: /api/v3 of the server)"),
  })
  .describe("GitHub Enterprise Server");

/** Settings of GitHub, as they were named. */
export type NamedGitHub = z.output<typeof githubSettings>;

/** Settings of GitHub, as they are used. */
export type GitHubSettings = Allowed<NamedGitHub>;

/**
 * Returns the URL of the REST API of a GitHub.
 * https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api
 */
export function apiUrl(host: string, settings: GitHubSettings | undefined): ServerUrl {
  const own = settings !== undefined && new URL(settings.url).host === host ? settings : undefined;
  if (own?.api !== undefined) return urlBelow(own.api, "");
  const secure = (name: string): ServerUrl => hostUrl("use GitHub", name, publicServers);
  if (host === "github.com") return secure("api.github.com");
  if (host.endsWith(".ghe.com")) return secure(`api.${host}`);
  return urlBelow(own?.url ?? secure(host), "/api/v3");
}
