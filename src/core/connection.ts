import { certificateProblem, innermostCode } from "./certificate.ts";
import type { ErrorCode } from "./errors.ts";
import { proxyFor, type Proxies } from "./proxy.ts";

/** Why a server could not be asked, where its certificate or the proxy before it is the reason, and what to do. */
export interface ConnectionProblem {
  readonly code: ErrorCode;
  readonly cause: string;
  readonly hint: string;
}

/** What is known of a failed way through a proxy. */
export interface ProxyFailure {
  readonly proxy: string;
  /** The variable that names the proxy. */
  readonly variable: string;
  /** The proxy's own answer; undefined where it gave none. */
  readonly status?: number | undefined;
  /** Why there was no answer. */
  readonly reason?: string | undefined;
}

/** The meaning of Node's error codes: https://nodejs.org/api/errors.html#common-system-errors */
const words: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name cannot be looked up now",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "no route to its network",
  ENOTFOUND: "no such host",
  EPIPE: "connection closed",
  ETIMEDOUT: "connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "connection timed out",
};

/** Returns what the code of a network error means, in words; the code itself where it is not listed. */
export function networkReason(code: string): string {
  return words[code] ?? code;
}

/** Returns what to do about a network error that does not go away by waiting; undefined for any other. */
export function networkHint(code: string): string | undefined {
  return code === "ENOTFOUND" ? "check the name of the host, and that this machine can look it up" : undefined;
}

/**
 * Returns what is wrong on the way to a server, by an error of Node's HTTP client or of its `fetch`; undefined where it is something else. Without a URL, the
 * error itself has to tell that it is the proxy's.
 */
export function connectionProblem(error: unknown, proxies: Proxies, url?: string | URL): ConnectionProblem | undefined {
  const code = innermostCode(error);
  const certificate = certificateProblem(code);
  if (certificate !== undefined) return { code: "unsupported", ...certificate };
  const known = url === undefined ? undefined : (URL.parse(String(url)) ?? undefined);
  const proxy = known ? proxyFor(known, proxies) : proxies.https;
  if (proxy === undefined) return undefined;
  const variable = proxies.variables[known?.protocol === "http:" ? "http" : "https"];
  const tunnel = chain(error)
    .map(tunnelStatus)
    .find((each) => each !== undefined);
  if (tunnel !== undefined) return proxyProblem({ proxy, variable, status: tunnel === 0 ? undefined : tunnel, reason: "it broke off" });
  const isOfProxy = chain(error).some((each) => isConnecting(each) && (known !== undefined || isAt(each, proxy)));
  return isOfProxy ? proxyProblem({ proxy, variable, reason: networkReason(code) }) : undefined;
}

/** Returns the problem of a proxy that was not reached, or refused to go on. Neither its user nor its password is told. */
export function proxyProblem({ proxy, variable, status, reason = "the connection failed" }: ProxyFailure): ConnectionProblem {
  const { host, username } = URL.parse(proxy) ?? { host: "of the environment", username: "" };
  const name = `the proxy ${host}`;
  if (status === undefined) {
    return { code: "unavailable", cause: `${name} cannot be reached: ${reason}`, hint: `check ${variable}, or name the host in NO_PROXY` };
  }
  if (status === 407) {
    const cause = username === "" ? `${name} wants a login` : `${name} refuses the login`;
    return { code: "unauthenticated", cause, hint: `check the user name and the password in the URL of ${variable}` };
  }
  if (status === 403) {
    return { code: "forbidden", cause: `${name} does not allow it`, hint: "let the proxy allow the host, or name the host in NO_PROXY" };
  }
  const code = status === 429 || status >= 500 ? "unavailable" : "unsupported";
  return { code, cause: `${name} answered ${status}`, hint: `check ${variable}, or whether the proxy can reach the host` };
}

/** Returns an error with all those in it, the innermost last. */
function chain(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const { original, errors } = error as { readonly original?: unknown; readonly errors?: readonly unknown[] };
  return [error, ...chain(error.cause ?? original ?? errors?.[0])];
}

/** Returns the status by which a proxy refused to make a tunnel, as Node's agent and its `fetch` tell it; 0 where it broke off. */
function tunnelStatus(error: Error): number | undefined {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: number };
  if (code === "ERR_PROXY_TUNNEL") return statusCode ?? 0;
  const [, status] = /^Proxy response \((\d{3})\) !== 200/.exec(error.message) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** Tells whether an error came before there was a connection. */
function isConnecting(error: Error): boolean {
  const { syscall, code } = error as NodeJS.ErrnoException;
  return syscall === "connect" || syscall === "getaddrinfo" || code === "UND_ERR_CONNECT_TIMEOUT";
}

/** Tells whether an error is of a connection to this proxy. */
function isAt(error: Error, proxy: string): boolean {
  const { hostname, port } = error as { readonly hostname?: string; readonly port?: number };
  const url = URL.parse(proxy);
  if (url === null) return false;
  return hostname === undefined ? String(port) === (url.port || (url.protocol === "https:" ? "443" : "80")) : hostname === url.hostname;
}
