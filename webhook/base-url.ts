import { inputError } from "../src/core/errors.ts";
import { isLoopback } from "../src/core/git/repository.ts";
import { trimEnd } from "../src/core/text/trim.ts";

/**
 * Returns the beginning of the listener's addresses, without a slash at its end: with the listener's path, unless the URL has one. Throws `input`,
 * beginning with `command`, for what is no URL that a provider could call.
 */
export function baseUrl(command: string, text: string, path: string): string {
  const url = URL.parse(text);
  const hasCredential = url !== null && `${url.username}${url.password}` !== "";
  const isBase = url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  if (isBase && !hasCredential) return `${trimEnd(text, "/")}${url.pathname === "/" ? path : ""}`;
  const message = hasCredential ? "it holds a credential" : `"${text}" is no URL of a listener`;
  throw inputError(command, [{ field: "url", message }], hint);
}

/** Returns the same, of a URL that is https, or of this machine: what a provider sends may be read on the way. Throws as `baseUrl` does. */
export function secureBaseUrl(command: string, text: string, path: string): string {
  const base = baseUrl(command, text, path);
  const { protocol, hostname } = new URL(base);
  if (protocol === "https:" || isLoopback(hostname)) return base;
  throw inputError(command, [{ field: "url", message: `"${text}" is not https` }], hint);
}

const hint = "give a URL such as https://hooks.example.com";
