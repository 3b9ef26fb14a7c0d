import type { IncomingMessage } from "node:http";
import { errorResponse, type HttpResponse } from "./response.ts";

/** An endpoint of the listener: one method at one path. */
export interface Handler {
  /** A handler of `GET` answers `HEAD` too. */
  readonly method: "GET" | "POST";
  /** The whole path, as a request line has it: nothing is decoded or resolved. */
  readonly path: string;
  /** Returns the response to a caller who may not ask; undefined: it may. */
  authorize(request: IncomingMessage): Promise<HttpResponse | undefined>;
  handle(request: IncomingMessage): Promise<Handled>;
}

/** The result of a request. */
export interface Handled {
  /** Undefined: its sender has gone. */
  readonly response: HttpResponse | undefined;
  /** Fields of the log, beside status and time. Undefined: nothing is logged. */
  readonly log?: Readonly<Record<string, unknown>>;
}

/** Answers a request by the one handler that it is for. */
export type Router = (request: IncomingMessage) => Promise<Handled>;

/** Lets everybody pass: what the handler tells is no secret, or it proves the caller itself. */
export function anybody(): Promise<undefined> {
  return Promise.resolve(undefined);
}

/**
 * Returns the router to these handlers, whose paths are found below `base` too, such as `/ci`: path, then method, then the caller's right, and only then what is asked. A path that none has is 404, a
 * method that its path has not is 405 with `Allow`. Throws a TypeError for two handlers of one method and path.
 */
export function createRouter(handlers: readonly Handler[], base = ""): Router {
  const byPath = Map.groupBy(handlers, ({ path }) => path);
  for (const [path, here] of byPath) {
    if (new Set(here.map(({ method }) => method)).size < here.length) throw new TypeError(`two handlers are at ${path}`);
  }
  return async (request) => {
    const path = pathOf(request.url ?? "");
    // a proxy may take the base away, or leave it
    const here = byPath.get(path) ?? (path.startsWith(`${base}/`) ? byPath.get(path.slice(base.length)) : undefined);
    if (here === undefined) return { response: errorResponse(404, "nothing is here", { close: true }) };
    const handler = here.find(({ method }) => methodsOf(method).includes(request.method ?? ""));
    if (handler === undefined) return { response: wrongMethod(here) };
    const refused = await handler.authorize(request);
    return refused === undefined ? await handler.handle(request) : { response: refused };
  };
}

/** Whoever comes through a proxy may send the whole URL: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function pathOf(target: string): string {
  const [path = ""] = target.replace(/^https?:\/\/[^/?#]*/i, "").split("?", 1);
  return path === "" ? "/" : path;
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2 */
function methodsOf(method: Handler["method"]): readonly string[] {
  return method === "GET" ? ["GET", "HEAD"] : [method];
}

function wrongMethod(here: readonly Handler[]): HttpResponse {
  const allowed = here.flatMap(({ method }) => methodsOf(method));
  return errorResponse(405, `method is not ${allowed.join(" or ")}`, { headers: { Allow: allowed.join(", ") }, close: true });
}
