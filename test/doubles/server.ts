/** The common parts of all doubles: an address, a folder of its own, an end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

/** A server that has been started. `await using` stops it, and so does `stop()`; afterwards neither process nor folder is left. */
export interface Running extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** The address of a double, and its kept state. */
export interface Place {
  /** The address to bind; 127.0.0.1 by default. */
  readonly address?: string | undefined;
  /** The port; a free one by default. */
  readonly port?: number | undefined;
  /**
   * Serves the state of an earlier double, and keeps it again: a folder that stays, and the port that its content
   * names.
   */
  readonly kept?: { readonly folder: string; readonly port: number } | undefined;
}

export const loopback = "127.0.0.1";

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Hands the started parts over to the caller: stopping is disposing of `stack`, once. */
export function createRunning(host: string, stack: AsyncDisposableStack, path = ""): Running {
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stack.disposeAsync());
  return { host, url: `http://${host}${path}`, stop, [Symbol.asyncDispose]: stop };
}

/** Folders that are still in use. */
const folders = new Set<string>();

/** A folder that is removed when `stack` is disposed of, or when the process exits without having done so. A kept one stays. */
export async function createFolder(stack: AsyncDisposableStack, name: string, { kept }: Place = {}): Promise<string> {
  if (kept) {
    await mkdir(kept.folder, { recursive: true });
    return kept.folder;
  }
  if (!process.listeners("exit").includes(removeFolders)) process.on("exit", removeFolders);
  const folder = await mkdtemp(join(tmpdir(), `fairlead-${name}-`));
  folders.add(folder);
  stack.defer(async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    folders.delete(folder);
  });
  return folder;
}

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Serves HTTP on a free port (or the kept one) until `stack` is disposed of, and returns `HOST:PORT`. */
export async function listen(
  stack: AsyncDisposableStack,
  handle: Handler,
  { address = loopback, port = 0, kept }: Place = {},
): Promise<string> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => answerWithError(response, error));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(kept?.port ?? port, address, resolve));
  stack.defer(() => close(server));
  return `${address}:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A bug in a double has to fail the test that meets it, so the client gets all of it. */
function answerWithError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { "content-type": "text/plain" }).end(error instanceof Error ? error.stack : String(error));
}

/** Returns the state of a kept double, beside its folder's content. Without a kept folder it returns the fallback. */
export async function recall<T>({ kept }: Place, fallback: T): Promise<T> {
  if (!kept) return fallback;
  const file = await readFile(join(kept.folder, "state")).catch(() => undefined);
  return file ? (deserialize(file) as T) : fallback;
}

/** Stores the state for the next double, after every change, so that a killed double has lost nothing. */
export async function remember({ kept }: Place, state: unknown): Promise<void> {
  if (kept) await writeFile(join(kept.folder, "state"), serialize(state));
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
