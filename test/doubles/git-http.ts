/** Git's own smart HTTP server (`git http-backend`, a CGI program) behind a check. https://git-scm.com/docs/git-http-backend */
import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import { gitEnvironment } from "./bare.ts";

/** A request of smart HTTP. `write` is a push itself, `push` also the question that comes before it. */
export interface GitQuestion {
  readonly repository: string;
  readonly push: boolean;
  readonly write: boolean;
}

export interface GitRefusal {
  readonly status: 401 | 403 | 404;
  readonly message: string;
}

/** Understands a URL path of smart HTTP, with or without `.git`; the older "dumb" protocol is not served, as GitHub's does not. */
export function parseGitUrl(url: string): GitQuestion | undefined {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const found = /^\/([\w-][\w.-]*\/[\w-][\w.-]*?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(pathname);
  if (!found?.[1] || !found[2]) return undefined;
  const service = found[2] === "info/refs" ? searchParams.get("service") : found[2];
  return { repository: found[1], push: service === "git-receive-pack", write: found[2] === "git-receive-pack" };
}

/** Refuses as GitHub does: plain text, and a challenge with a 401 so that Git asks its credential helper. */
export function refuseGit(request: IncomingMessage, response: ServerResponse, { status, message }: GitRefusal): void {
  request.resume();
  const challenge = status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {};
  response.writeHead(status, { "content-type": "text/plain; charset=UTF-8", ...challenge }).end(`${message}\n`);
}

/**
 * Serves one request from the bare repository `root/repository.git`. `done` runs before the client gets the end of the
 * answer.
 */
export async function serveGit(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  repository: string,
  done: () => Promise<void>,
): Promise<void> {
  const child = spawn("git", ["http-backend"], { env: describe(request, root, repository), stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  response.once("close", () => child.kill()); // the client has gone, or stop() was called
  pipeline(request, child.stdin).catch(() => undefined);
  try {
    const rest = await readHead(child.stdout, response);
    response.write(rest);
    for await (const chunk of child.stdout) if (!response.write(chunk)) await drained(response);
    await ended;
    await done();
    response.end();
  } catch {
    response.destroy();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

/** The variables of CGI: https://www.rfc-editor.org/rfc/rfc3875#section-4.1 */
function describe(request: IncomingMessage, root: string, repository: string): NodeJS.ProcessEnv {
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
  const { headers } = request;
  return {
    ...gitEnvironment,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
    REQUEST_METHOD: request.method,
    PATH_INFO: `/${repository}.git/${pathname.split("/").slice(3).join("/")}`,
    QUERY_STRING: search.slice(1),
    CONTENT_TYPE: headers["content-type"] ?? "",
    CONTENT_LENGTH: headers["content-length"] ?? "", // empty: a chunked body, read to its end
    HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
  };
}

/** Reads the head of a CGI answer, sends it on, and returns the part of the body that came with it. */
async function readHead(output: Readable, response: ServerResponse): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for (let end = -1; end < 0; end = head.indexOf("\r\n\r\n")) {
    const chunk = (await nextChunk(output)) as Buffer | null;
    if (chunk === null) throw new Error("git http-backend: ended without an answer");
    head = Buffer.concat([head, chunk]);
  }
  const end = head.indexOf("\r\n\r\n");
  const fields = head
    .subarray(0, end)
    .toString()
    .split("\r\n")
    .map((line) => line.split(/:\s*/, 2) as [string, string]);
  const status = fields.find(([name]) => name.toLowerCase() === "status")?.[1] ?? "200";
  response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name.toLowerCase() !== "status")));
  return head.subarray(end + 4);
}

/** Returns the next chunk of a stream without ending the stream, as leaving `for await` would. */
async function nextChunk(stream: Readable): Promise<unknown> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (chunk !== null || stream.readableEnded) return chunk;
    await new Promise((resolve) => stream.once("readable", resolve).once("end", resolve));
  }
}
