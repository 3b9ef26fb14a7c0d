import { innermostCode } from "../core/certificate.ts";
import { connectionProblem, networkHint, networkReason, proxyProblem } from "../core/connection.ts";
import { FairleadError } from "../core/errors.ts";
import { proxiesOf, proxyFor } from "../core/proxy.ts";

/**
 * Returns the error for an error of Node's HTTP client: what is wrong with the server's certificate or with the proxy, else `unavailable`. The reason is the
 * innermost code.
 */
export function networkFailure(doing: string, url: URL, error: unknown): FairleadError {
  const code = innermostCode(error);
  const proxies = proxiesOf(process.env);
  const problem = connectionProblem(error, proxies, url);
  if (problem === undefined) {
    const proxy = proxyFor(url, proxies);
    const way = proxy === undefined ? "" : `, through the proxy ${URL.parse(proxy)?.host ?? ""}`;
    return new FairleadError("unavailable", `${doing}: ${url.host} cannot be reached: ${reason(error, code)}${way}`, {
      hint: proxy === undefined ? networkHint(code) : undefined,
      cause: error,
    });
  }
  const detail = problem.code === "unsupported" && code !== "ERR_PROXY_TUNNEL" ? ` (${code})` : "";
  return new FairleadError(problem.code, `${doing}: ${url.host} cannot be reached: ${problem.cause}${detail}`, {
    hint: problem.hint,
    cause: error,
  });
}

/** Returns the error for a proxy of plain HTTP that wants a login: it answers in the place of the server. */
export function loginOfProxy(doing: string, url: URL, proxy: string): FairleadError {
  const { code, cause, hint } = proxyProblem({ proxy, variable: proxiesOf(process.env).variables.http, status: 407 });
  return new FairleadError(code, `${doing}: ${url.host} cannot be reached: ${cause}`, { hint });
}

function reason(error: unknown, code: string): string {
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return code === "" ? "the request failed" : networkReason(code);
}
