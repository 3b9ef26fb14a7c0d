/** An HTTP proxy before a server, which counts requests and fails on demand. */
import { type IncomingMessage, request as send, type ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createRunning, listen, type Place, type Running } from "./server.ts";

/** One request that has passed, or is passing. It is listed when it comes in, and completed later. */
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0 until it is answered; "reset" when the connection was cut. */
  readonly status: number | "reset";
  /** Of the request's body. */
  readonly sent: number;
  /** Of the answer's body. */
  readonly received: number;
  /** Of both. */
  readonly bytes: number;
}

type Passing = { -readonly [Key in Exclude<keyof Exchange, "bytes">]: Exchange[Key] } & Pick<Exchange, "bytes">;

/** An answer of the proxy itself. */
export interface ProxyAnswer {
  /** "reset" cuts the connection without an answer. */
  readonly status: number | "reset";
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** A fault in the body of a request, or in that of its answer. */
export interface Disturbance {
  readonly body: "request" | "answer";
  /** "cut" ends the connections after this many bytes; "corrupt" changes the next byte. */
  readonly kind: "cut" | "corrupt";
  readonly after: number;
  /** Called at that byte; false lets it pass after all. */
  spend?(): boolean;
}

type Fault = ProxyAnswer | Disturbance;

export interface ProxyOptions extends Place {
  /** Sees each request before it passes. It may wait, and it may answer instead of the server. */
  onRequest?(request: IncomingMessage): Fault | undefined | void | Promise<Fault | undefined | void>;
}

export interface Proxy extends Running {
  readonly requests: readonly Exchange[];
  /** Answers the next `times` requests (to a path that matches `where`) with `status`. */
  fail(times: number, status: number | "reset", headers?: Readonly<Record<string, string>>, where?: RegExp): void;
  /** Disturbs the next `times` requests whose `METHOD PATH` matches `where` and whose bodies are long enough. */
  disturb(times: number, disturbance: Disturbance, where: RegExp): void;
}

/** Starts a proxy before `target` (`HOST:PORT`). */
export async function startProxy(target: string, options: ProxyOptions = {}): Promise<Proxy> {
  await using stack = new AsyncDisposableStack();
  const requests: Passing[] = [];
  const faults: { left: number; readonly hits: (method: string, path: string) => boolean; readonly fault: Fault }[] = [];
  const decide = async (request: IncomingMessage): Promise<Fault | undefined> => {
    const next = faults.find(({ left, hits }) => left > 0 && hits(request.method ?? "", request.url ?? ""));
    if (next?.fault && "status" in next.fault) next.left -= 1;
    else if (next) return { ...(next.fault as Disturbance), spend: () => next.left-- > 0 };
    return next?.fault ?? (await options.onRequest?.(request)) ?? undefined;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const passing: Passing = {
      method: request.method ?? "",
      path: request.url ?? "",
      status: 0,
      sent: 0,
      received: 0,
      get bytes() {
        return this.sent + this.received;
      },
    };
    requests.push(passing);
    const fault = await decide(request);
    if (fault && "status" in fault) await answerItself(fault, passing, request, response);
    else await pass(target, passing, request, response, fault);
  };
  const host = await listen(stack, handle, options);
  return {
    ...createRunning(host, stack.move()),
    requests,
    fail: (left, status, headers = {}, where = /^/) =>
      void faults.push({ left, hits: (_method, path) => where.test(path), fault: { status, headers } }),
    disturb: (left, fault, where) => void faults.push({ left, hits: (method, path) => where.test(`${method} ${path}`), fault }),
  };
}

async function answerItself(answer: ProxyAnswer, passing: Passing, request: IncomingMessage, response: ServerResponse): Promise<void> {
  passing.status = answer.status;
  if (answer.status === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  // the body is read to its end first: a client that is still sending would see a broken connection, not the answer
  for await (const chunk of request) passing.sent += (chunk as Buffer).length;
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** Passes both bodies as streams. `Host` passes unchanged, so that the server's own URLs (`Location`) lead back here. */
async function pass(
  target: string,
  passing: Passing,
  request: IncomingMessage,
  response: ServerResponse,
  disturbance: Disturbance | undefined,
): Promise<void> {
  const [host, port] = target.split(":");
  const upstream = send({ host, port, method: request.method, path: request.url, headers: endToEnd(request.rawHeaders), agent: false });
  response.once("close", () => upstream.destroy()); // the client has gone, or has its whole answer
  const answered = new Promise<IncomingMessage>((resolve, reject) => upstream.once("response", resolve).once("error", reject));
  try {
    // a server may answer (401) without reading the body: its end does not matter then
    const cut = (): void => {
      passing.status = "reset";
      upstream.destroy();
      request.socket.resetAndDestroy();
    };
    const through = (body: Disturbance["body"], count: (bytes: number) => void): Transform =>
      disturbance?.body === body ? disturb(disturbance, count, cut) : disturb(undefined, count, cut);
    const up = through("request", (bytes) => (passing.sent += bytes));
    pipeline(request, up, upstream).catch(() => undefined);
    const answer = await answered;
    passing.status = answer.statusCode ?? 0;
    response.writeHead(passing.status, endToEnd(answer.rawHeaders));
    const down = through("answer", (bytes) => (passing.received += bytes));
    await pipeline(answer, down, response);
  } catch {
    response.destroy();
  }
}

/** Counts the bytes that pass, and applies the disturbance. */
function disturb(disturbance: Disturbance | undefined, count: (bytes: number) => void, cut: () => void): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const at = (disturbance?.after ?? Infinity) - passed;
      const hit = at >= 0 && at < chunk.length && (disturbance?.spend?.() ?? true);
      const rest = hit && disturbance?.kind === "cut" ? chunk.subarray(0, at) : chunk;
      if (hit && disturbance?.kind === "corrupt") rest.writeUInt8(rest.readUInt8(at) ^ 1, at);
      passed += rest.length;
      count(rest.length);
      done(null, rest);
      if (rest.length < chunk.length) cut();
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
