// What to do about a 403, by what GitHub says of it.
import type { AnswerHeaders } from "./octokit-error.ts";

interface Advice {
  readonly says: RegExp;
  readonly hint: string;
}

/** Sentences of GitHub's that say that it is not a permission of the token that is missing. */
const advices: readonly Advice[] = [
  { says: /\bSAML\b|single sign-on/i, hint: "authorize the token for the organization's single sign-on, in GitHub's settings of tokens" },
  {
    says: /IP allow list/i,
    hint: "run it from an address of the organization's IP allow list, or let an owner add this machine's to the list",
  },
  {
    says: /application restrictions|App access restrictions/i,
    hint: "let an owner of the organization approve the OAuth app, or use a token of another kind",
  },
  { says: /forbids access via/i, hint: "make a token that the organization's policy allows" },
  { says: /\b(issue|pull request|conversation) is locked\b/i, hint: "unlock the conversation of the pull request" },
  { says: /\barchived\b|read-only/i, hint: "let an administrator of the repository unarchive it, or name another" },
  { says: /suspended|blocked|disabled|flagged/i, hint: "let an owner of the account or the repository ask GitHub about it" },
];

const githubApi = "https://api.github.com";

/**
 * Returns the hint for a refusal. A link to sign on comes first, then what GitHub's sentence is about, then the permissions that GitHub says would do.
 * `asked` is the URL that was asked.
 */
export function refusalHint(said: string, headers: AnswerHeaders, asked = githubApi): string | undefined {
  const page = signOnPage(String(headers["x-github-sso"] ?? ""), asked);
  if (page !== undefined) return `authorize the token for the organization's single sign-on: open ${page}`;
  return advices.find(({ says }) => says.test(said))?.hint ?? permissionHint(String(headers["x-accepted-github-permissions"] ?? ""));
}

const longestPage = 500;

/**
 * Returns the page of `required; url=…` on which the token's owner authorizes it. It is on the GitHub that was asked, or it is nothing that we tell anybody
 * to open. https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
 */
function signOnPage(header: string, asked: string): string | undefined {
  const page = URL.parse(/^required;\s*url=(\S+)$/.exec(header)?.[1] ?? "");
  const api = URL.parse(asked);
  if (page === null || page.href.length > longestPage || `${page.username}${page.password}` !== "") return undefined;
  const isOurs = page.protocol === api?.protocol && [page.host, `api.${page.host}`].includes(api.host);
  return isOurs ? page.href : undefined;
}

/**
 * `contents=write,pull_requests=write; contents=write`: a semicolon is between alternatives.
 * https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
 */
function permissionHint(header: string): string | undefined {
  if (header.length > longestPage || !/^[a-z_]+=[a-z]+([,;] *[a-z_]+=[a-z]+)*$/.test(header)) return undefined;
  const spelled = header.replaceAll("=", ": ").replaceAll("_", "-");
  return `use a token with ${spelled.replace(/, */g, " and ").replace(/; */g, ", or with ")}`;
}
