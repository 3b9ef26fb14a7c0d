import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { asFairleadError } from "../../src/core/errors.ts";
import { listen } from "../http/listen.ts";
import { donePage, offerPage, problemPage, type Offer, type Page } from "./page.ts";

/** The page of one App on this machine, and the end of it. */
export interface Visit<T> extends AsyncDisposable {
  /** The page's URL: nobody who does not know it gets an answer. */
  readonly url: string;
  /** Tells whether somebody has seen the page. */
  readonly visited: () => boolean;
  /** Comes when the provider has sent the browser back and `take` is done. Throws what `take` throws, unless it may pass. */
  readonly taken: Promise<T>;
}

/** What is shown, and what is done with the provider's answer. */
export interface VisitOptions<T> {
  /** The port of the page; undefined for any that is free. */
  readonly port: number | undefined;
  /** Returns what the page offers, given where the browser is to come back and the state that comes with it. */
  readonly offer: (back: string, state: string) => Offer;
  /** Takes what the code stands for, and keeps it. It is called once at a time. */
  readonly take: (code: string) => Promise<T>;
  /** Returns where the browser goes then. */
  readonly next: (taken: T) => string;
  /** Tells people who watch. */
  readonly notice: (message: string) => void;
}

/** Serves the page on the loopback interface. Throws `unavailable` when its port cannot be had. */
export async function openVisit<T>(options: VisitOptions<T>): Promise<Visit<T>> {
  const server = createServer();
  await listen(server, { host: "127.0.0.1", port: options.port ?? 0 }, {}, "give another --port, or stop the program that listens there");
  const { port } = server.address() as AddressInfo;
  const [secret, state] = [randomName(), randomName()];
  const origin = { host: `127.0.0.1:${port}`, path: `/${secret}` };
  const back = `http://${origin.host}${origin.path}/back`;
  const page = offerPage(options.offer(back, state));
  const { promise: taken, resolve, reject } = Promise.withResolvers<T>();
  taken.catch(() => undefined);
  const receive = receiver({ ...options, state, start: origin.path, resolve, reject });
  let visited = false;
  server.on("request", (request, response) => {
    void answer(request, origin.host).then((path) => {
      if (typeof path !== "string") return send(response, path);
      const [at, query] = split(path);
      if (at === origin.path) {
        visited = true;
        return send(response, page);
      }
      return at === `${origin.path}/back` ? receive(query).then((each) => send(response, each)) : send(response, nothing);
    });
  });
  return { url: `http://${origin.host}${origin.path}`, visited: () => visited, taken, [Symbol.asyncDispose]: () => close(server) };
}

function randomName(): string {
  return randomBytes(32).toString("base64url");
}

/** Another name in `Host` means a page of somebody else whose name leads here: https://en.wikipedia.org/wiki/DNS_rebinding */
function answer({ method, headers, url = "/" }: IncomingMessage, host: string): Promise<string | Page> {
  if (headers.host !== host)
    return Promise.resolve(problemPage(421, "This page is at another address.", "Open the address that fairlead prints."));
  return Promise.resolve(method === "GET" ? url : problemPage(405, "This page is only read.", "Open the address that fairlead prints."));
}

const nothing = problemPage(404, "Nothing is here.", "Open the address that fairlead prints.");

function split(url: string): readonly [path: string, query: URLSearchParams] {
  const at = url.indexOf("?");
  return at < 0 ? [url, new URLSearchParams()] : [url.slice(0, at), new URLSearchParams(url.slice(at + 1))];
}

interface Receiving<T> extends VisitOptions<T> {
  readonly state: string;
  readonly start: string;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns what answers the browser that comes back. A code is taken once, however often it comes. */
function receiver<T>({
  take,
  next,
  notice,
  state,
  start,
  resolve,
  reject,
}: Receiving<T>): (query: URLSearchParams) => Promise<Page | string> {
  let taking: Promise<Page | string> | undefined;
  const again = { text: "Begin again", href: start };
  const takeOnce = async (code: string): Promise<Page | string> => {
    try {
      const value = await take(code);
      taking = Promise.resolve(donePage(next(value)));
      resolve(value);
      return next(value);
    } catch (thrown) {
      taking = undefined;
      const error = asFairleadError(thrown);
      if (error.code === "unavailable") {
        notice(`${error.message}: reload the page to try again`);
        return problemPage(503, error.message, "Reload this page to try again.");
      }
      reject(thrown);
      return problemPage(502, error.message, error.hint ?? "Look at what fairlead prints.");
    }
  };
  return async (query) => {
    const code = query.get("code") ?? "";
    if (!isSame(query.get("state") ?? "", state)) {
      notice("refused an answer that does not belong to this page");
      return problemPage(403, "This answer does not belong to the page that fairlead has opened.", "Begin again on that page.", again);
    }
    if (code === "") return problemPage(400, "This answer has no code.", "Begin again on the page that fairlead has opened.", again);
    return await (taking ??= takeOnce(code));
  };
}

/** In constant time, whatever their lengths. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((each) => createHash("sha256").update(each).digest());
  return timingSafeEqual(first!, second!);
}

function send(response: ServerResponse, page: Page | string): void {
  if (typeof page === "string")
    return void response.writeHead(303, { location: page, "cache-control": "no-store", connection: "close" }).end();
  response.writeHead(page.status, { ...page.headers, connection: "close" }).end(page.html);
}

/** An answer that is under way comes to its end. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2_000).unref();
  });
}
