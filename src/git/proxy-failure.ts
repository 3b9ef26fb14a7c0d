import { proxyProblem, type ConnectionProblem } from "../core/connection.ts";
import { proxiesOf, proxyFor, type Proxies } from "../core/proxy.ts";

/**
 * Returns what is wrong with the proxy, by what Git says; undefined where it says nothing of one. The texts are those of curl's http_proxy.c, cf-h1-proxy.c,
 * connect.c and hostip.c, 7.88 to 8.15.
 */
export function proxyFailureIn(errors: string): ConnectionProblem | undefined {
  const proxies = gitProxies(proxiesOf(process.env));
  const asked = URL.parse(/unable to access '([^']+)'/.exec(errors)?.[1] ?? "");
  const proxy = asked === null ? undefined : proxyFor(asked, proxies);
  if (asked === null || proxy === undefined) return undefined;
  const named = { proxy, variable: proxies.variables[asked.protocol === "http:" ? "http" : "https"] };
  const [, status] = /CONNECT tunnel failed, response (\d{3})|HTTP code (\d{3}) from proxy/.exec(errors)?.filter(Boolean) ?? [];
  if (status !== undefined) return proxyProblem({ ...named, status: Number(status) });
  if (errors.includes("returned error: 407")) return proxyProblem({ ...named, status: 407 });
  const reason = reasons.find(([says]) => says.test(errors))?.[1];
  return reason === undefined ? undefined : proxyProblem({ ...named, reason });
}

/** To Git all hosts are behind the proxy, so whatever it could not connect to is the proxy. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/Could not resolve proxy/, "no such host"],
  [/Proxy CONNECT aborted/, "it broke off"],
  [/Connection timed out|Timeout was reached/, "connection timed out"],
  [/Failed to connect to|Couldn't connect to server|Connection refused/, "connection refused"],
];

function gitProxies({ http, https, socks, ...others }: Proxies): Proxies {
  return { ...others, socks, http: http ?? socks.http, https: https ?? socks.https };
}
