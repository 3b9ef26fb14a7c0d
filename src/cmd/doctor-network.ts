import { speaksPlainHttp, type Servers } from "../core/servers.ts";
import { proxiesOf, requireHttpProxies } from "../core/proxy.ts";
import type { CheckAnswer } from "../doctor/registry-checks.ts";
import type { Question } from "../doctor/machine.ts";
import { readNetwork } from "../network.ts";
import type { Env } from "./stream.ts";

/** The longest difference in milliseconds from a server's clock: signed tokens are good for minutes, and some begin now. */
const longestSkew = 60_000;

/** Returns the questions to the way to the network. `hosts` are those that are asked anyway: the clock is compared with the first that answers. */
export function networkQuestions(env: Env, servers: Servers, hosts: readonly string[], signal: AbortSignal): readonly Question[] {
  const named = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].filter((name) => (env[name] ?? "") !== "");
  return [
    { check: "proxy", needed: true, ask: () => Promise.resolve(askProxy(env)) },
    { check: "ca", needed: true, ask: () => Promise.resolve(askAuthorities(servers, named)) },
    { check: "clock", needed: true, ask: () => askClock(servers, hosts, signal) },
  ];
}

/** Names hosts alone: the URL of a proxy may hold a password. */
function askProxy(env: Env): CheckAnswer {
  const proxies = proxiesOf(env);
  requireHttpProxies(proxies);
  const { http, https, socks, variables } = proxies;
  const used = [
    [variables.https, https ?? socks.https],
    [variables.http, http ?? socks.http],
  ] as const;
  const shown = used.flatMap(([name, url]) => (url === undefined ? [] : [`${name} is ${URL.parse(url)?.host ?? "no URL"}`]));
  if (shown.length === 0) return { verdict: "unknown", detail: "no variable names one" };
  return { verdict: "yes", detail: [...new Set(shown)].join(", ") };
}

function askAuthorities(servers: Servers, named: readonly string[]): CheckAnswer {
  const { certificates, warnings } = readNetwork(servers);
  if (warnings.length > 0) return { verdict: "no", detail: warnings.join("; "), advice: "name a file of PEM certificates" };
  const from = [...named, ...(servers.authorities === undefined ? [] : ["servers.tls.ca"])];
  if (from.length === 0) return { verdict: "unknown", detail: "no further authorities are named" };
  return { verdict: "yes", detail: `${certificates.length} from ${from.join(", ")}` };
}

/** Compares the clock with that of the first of these hosts that answers. */
export async function askClock(servers: Servers, hosts: readonly string[], signal: AbortSignal): Promise<CheckAnswer> {
  for (const host of hosts) {
    const date = await dateAt(`${speaksPlainHttp(host, servers) ? "http" : "https"}://${host}/`, signal);
    if (date === undefined) continue;
    const skew = Date.now() - date;
    const seconds = Math.round(Math.abs(skew) / 1000);
    if (Math.abs(skew) <= longestSkew) return { verdict: "yes", detail: `as that of ${host}` };
    const detail = `${seconds} s ${skew > 0 ? "ahead of" : "behind"} that of ${host}`;
    return { verdict: "no", detail, advice: "set the clock, such as by NTP: signed tokens are refused" };
  }
  return { verdict: "unknown", detail: "no server answered that is asked anyway" };
}

/** Returns a server's time in milliseconds since 1970, to a second. Nothing but the question goes there. */
async function dateAt(url: string, signal: AbortSignal): Promise<number | undefined> {
  const options = { method: "HEAD", redirect: "manual", signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) } as const;
  const answer = await fetch(url, options).catch(() => undefined);
  const date = Date.parse(answer?.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date;
}
