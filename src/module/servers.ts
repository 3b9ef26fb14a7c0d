import { z } from "zod";
import { FairleadError } from "../core/errors.ts";
import { speaksPlainHttp, type Servers } from "../core/servers.ts";

/** What a container cannot know of the world around it: the constructor of the module is told. */
export const serverFields = z.object({
  githubUrl: z.string().optional().describe("a GitHub of your own, such as https://github.example.com"),
  githubApiUrl: z.string().optional().describe("its REST API, if that is not below /api/v3"),
  slackApiUrl: z.string().optional().describe("where Slack's methods are, if not at https://slack.com/api/"),
  plainHttp: z
    .array(z.string())
    .default([])
    .describe("host, with its port if it has one, that is spoken to without TLS; for a registry, tell the engine as well"),
});

/** The module's own fields: what its constructor was told. */
export type ServerNames = { readonly [Name in keyof typeof serverFields.shape]: z.output<(typeof serverFields.shape)[Name]> };

/** Returns the servers that were named. Throws `input` for what is no URL, or is plain HTTP where that is not allowed. */
export function readServers({ githubUrl, githubApiUrl, slackApiUrl, plainHttp }: ServerNames): Servers {
  const github = readUrl("githubUrl", githubUrl, plainHttp);
  const api = readUrl("githubApiUrl", githubApiUrl, plainHttp);
  const slackApi = readUrl("slackApiUrl", slackApiUrl, plainHttp);
  if (api !== undefined && github === undefined) {
    throw new FairleadError("input", "read githubApiUrl: there is no githubUrl that it belongs to", { hint: "give --github-url as well" });
  }
  // Only over plain HTTP is it not where the adapter looks for it by itself.
  const beside = github?.protocol === "http:" ? `${github.origin}/api/v3` : undefined;
  return {
    github: github && { host: github.host, api: api === undefined ? beside : api.href.replace(/\/$/, "") },
    slackApi: slackApi?.href,
    plainHttp,
  };
}

function readUrl(name: string, text: string | undefined, plainHttp: readonly string[]): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new FairleadError("input", `read ${name}: it is no URL of a server`, { hint: "give one such as https://github.example.com" });
  }
  if (url.protocol === "https:" || speaksPlainHttp(url.host, { plainHttp })) return url;
  throw new FairleadError("input", `read ${name}: plain HTTP to ${url.host} is not allowed`, {
    hint: `use https, or allow it with --plain-http ${url.host}`,
  });
}
