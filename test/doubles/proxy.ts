/** An HTTP proxy before a server, which counts what passes and fails when told. */
import { type IncomingMessage, request as send, type ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createRunning, listen, type Place, type Running } from "./server.ts";

/** One request that has passed, or is passing: it is listed when it comes in, and filled as it goes. */
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0 until it is answered; "reset" when the connection was cut. */
  readonly status: number | "reset";
  /** Of both bodies. */
  readonly bytes: number;
}

type Passing = { -readonly [Key in keyof Exchange]: Exchange[Key] };

/** An answer of the proxy itself. */
export interface ProxyAnswer {
  /** "reset" cuts the connection without an answer. */
  readonly status: number | "reset";
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export interface ProxyOptions extends Place {
  /** Sees each request before it passes. It may take its time, and it may answer instead of the server. */
  onRequest?(request: IncomingMessage): ProxyAnswer | undefined | void | Promise<ProxyAnswer | undefined | void>;
}

export interface Proxy extends Running {
  readonly requests: readonly Exchange[];
  /** Answers the next `times` requests (to a path that matches `where`) with `status`. */
  fail(times: number, status: number | "reset", headers?: Readonly<Record<string, string>>, where?: RegExp): void;
}

/** Starts a proxy before `target` (`HOST:PORT`). */
export async function startProxy(target: string, options: ProxyOptions = {}): Promise<Proxy> {
  await using stack = new AsyncDisposableStack();
  const requests: Passing[] = [];
  const faults: { left: number; readonly where: RegExp; readonly answer: ProxyAnswer }[] = [];
  const decide = async (request: IncomingMessage): Promise<ProxyAnswer | undefined> => {
    const fault = faults.find(({ left, where }) => left > 0 && where.test(request.url ?? ""));
    if (fault) fault.left -= 1;
    return fault?.answer ?? (await options.onRequest?.(request)) ?? undefined;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const passing: Passing = { method: request.method ?? "", path: request.url ?? "", status: 0, bytes: 0 };
    requests.push(passing);
    const answer = await decide(request);
    if (answer) await answerItself(answer, passing, request, response);
    else await pass(target, passing, request, response);
  };
  const host = await listen(stack, handle, options);
  return {
    ...createRunning(host, stack.move()),
    requests,
    fail: (left, status, headers = {}, where = /^/) => void faults.push({ left, where, answer: { status, headers } }),
  };
}

async function answerItself(answer: ProxyAnswer, passing: Passing, request: IncomingMessage, response: ServerResponse): Promise<void> {
  passing.status = answer.status;
  if (answer.status === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  // the body is read to its end first: a client that is still sending would see a broken connection, not the answer
  for await (const chunk of request) passing.bytes += (chunk as Buffer).length;
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** Passes both bodies as streams. `Host` passes unchanged, so that the server's own URLs (`Location`) lead back here. */
async function pass(target: string, passing: Passing, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [host, port] = target.split(":");
  const upstream = send({ host, port, method: request.method, path: request.url, headers: endToEnd(request.rawHeaders), agent: false });
  response.once("close", () => upstream.destroy()); // the client has gone, or has its whole answer
  const answered = new Promise<IncomingMessage>((resolve, reject) => upstream.once("response", resolve).once("error", reject));
  try {
    // a server may answer (401) without reading the body: what became of that does not matter then
    pipeline(request, count(passing), upstream).catch(() => undefined);
    const answer = await answered;
    passing.status = answer.statusCode ?? 0;
    response.writeHead(passing.status, endToEnd(answer.rawHeaders));
    await pipeline(answer, count(passing), response);
  } catch {
    response.destroy();
  }
}

function count(passing: Passing): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passing.bytes += chunk.length;
      done(null, chunk);
    },
  });
}

/** Headers of one hop stay there: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const oneHop = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"]);

function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = "", value = ""] = raw.slice(at, at + 2);
    if (!oneHop.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
