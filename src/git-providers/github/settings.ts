import { z } from "zod";

const httpUrl = z.url({ protocol: /^https?$/, error: "expected a URL such as https://github.example.com" });

/** A GitHub of one's own. */
export const githubSettings = z
  .strictObject({
    url: httpUrl.describe("URL of a GitHub Enterprise Server, such as https://github.example.com"),
    api: httpUrl.optional().describe("URL of its REST API (default: /api/v3 of the server)"),
  })
  .describe("GitHub Enterprise Server");

/** Settings of GitHub, as they are used. */
export type GitHubSettings = z.output<typeof githubSettings>;

/**
 * Returns the URL of the REST API of a GitHub.
 * https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api
 */
export function apiUrl(host: string, settings: GitHubSettings | undefined): string {
  const own = settings && new URL(settings.url);
  if (own?.host === host && settings?.api !== undefined) return settings.api.replace(/\/$/, "");
  if (host === "github.com") return "https://api.github.com";
  if (host.endsWith(".ghe.com")) return `https://api.${host}`;
  return `${own?.host === host ? own.protocol : "https:"}//${host}/api/v3`;
}
