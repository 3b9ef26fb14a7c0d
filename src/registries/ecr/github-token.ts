import { z } from "zod";
import { connectionProblem } from "../../core/connection.ts";
import { FairleadError } from "../../core/errors.ts";
import { proxiesOf } from "../../core/proxy.ts";
import { retry, type RetryOptions } from "../../core/retry.ts";
import { whyNotAllowed } from "../../core/server-url.ts";
import { publicServers } from "../../core/servers.ts";

/** The token endpoint that a job of GitHub Actions with the permission `id-token: write` finds in its environment. */
export interface GitHubTokenEndpoint {
  /** `ACTIONS_ID_TOKEN_REQUEST_URL`: it has a query already. */
  readonly url: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. */
  readonly token: string;
}

/** A JWT: three parts in base64url. */
const answer = z.object({ value: z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
const doing = "get identity token of GitHub";
/** The attempts of a token request, and the first pause in milliseconds. */
const persistence = { doing, attempts: 4, firstPause: 200 };

/**
 * Returns a new token that says who the job is, for AWS. It lives for minutes, so it is asked for whenever one is needed.
 * https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export async function fetchGitHubToken(
  { url: text, token }: GitHubTokenEndpoint,
  { signal, delay }: Pick<RetryOptions, "signal" | "delay">,
): Promise<string> {
  const url = URL.parse(text);
  if (url === null || whyNotAllowed(url, publicServers) !== undefined) {
    throw new FairleadError("input", `${doing}: ACTIONS_ID_TOKEN_REQUEST_URL is no https URL`);
  }
  url.searchParams.set("audience", "sts.amazonaws.com");
  const isPassing = (error: unknown): boolean => error instanceof FairleadError && error.code === "unavailable";
  return await retry(
    () => attemptOnce(url, token, signal),
    (ended) => ("error" in ended && isPassing(ended.error) ? "back-off" : "no"),
    { ...persistence, signal, delay },
  );
}

async function attemptOnce(url: URL, token: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      redirect: "error",
      signal,
    });
    if (response.ok) return answer.parse(await response.json()).value;
    await response.body?.cancel();
    if (response.status >= 500 || response.status === 429) {
      throw new FairleadError("unavailable", `${doing}: ${url.host} answered ${response.status}`);
    }
    throw new FairleadError("unauthenticated", `${doing}: ${url.host} answered ${response.status}`, {
      hint: "give the job the permission id-token: write",
    });
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause;
    // the answer may hold the token, so no error may hold the answer
    if (cause instanceof z.ZodError || cause instanceof SyntaxError) {
      throw new FairleadError("unsupported", `${doing}: ${url.host} answered without a token`);
    }
    const problem = connectionProblem(cause, proxiesOf(process.env), url);
    if (problem !== undefined) {
      throw new FairleadError(problem.code, `${doing}: ${url.host} cannot be reached: ${problem.cause}`, { hint: problem.hint, cause });
    }
    throw new FairleadError("unavailable", `${doing}: ${url.host} cannot be reached`, { cause });
  }
}
