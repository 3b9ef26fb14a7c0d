import { FairleadError } from "../../core/errors.ts";
import type { Redactor } from "../../core/secret.ts";

const redirects = 5;

/**
 * Returns the `fetch` of a client. The redactor is told each token before it is sent, as a server may answer with it. A redirect leads to the same API, as
 * that of a repository with another name does: nobody else's answer is believed. Throws `unsupported` for every other.
 */
export function apiFetch(redactor: Pick<Redactor, "add">): typeof fetch {
  return async (input, init = {}) => {
    const token = new Headers(init.headers).get("authorization")?.replace(/^\w+ /, "");
    if (token !== undefined) redactor.add(token);
    if (init.redirect === "manual") return await fetch(input, init);
    let url = new URL(input instanceof Request ? input.url : input);
    for (let followed = 0; followed <= redirects; followed++) {
      const response = await fetch(url, { ...init, redirect: "manual" });
      const next = await redirectOf(response, url, init.method ?? "GET");
      if (next === undefined) return response;
      url = next;
    }
    throw new FairleadError("unsupported", `ask ${url.host}: it redirects more than ${redirects} times`);
  };
}

/** A write that is redirected by another status than 307 or 308 would become a read. */
async function redirectOf(response: Response, url: URL, method: string): Promise<URL | undefined> {
  const { status, headers } = response;
  const location = headers.get("location");
  if (location === null || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  await response.body?.cancel();
  const next = URL.parse(location, url.href);
  const isRead = method === "GET" || method === "HEAD";
  if (next?.origin === url.origin && (isRead || status === 307 || status === 308)) return next;
  const where = next === null ? "no URL" : next.origin === url.origin ? `another address by ${status}` : next.origin;
  throw new FairleadError("unsupported", `ask ${url.host}: it redirects a ${method} to ${where}`, {
    hint: "check servers.github: its api must be the address of the server itself",
  });
}
