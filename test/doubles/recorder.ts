/** A server that is not to be asked: it has nothing, and remembers all. */
import { createRunning, listen, type Place, type Running } from "./server.ts";

/** A request, and the credential that came with it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

export interface Recorder extends Running {
  readonly requests: readonly RecordedRequest[];
}

/** Starts a server that asks for a login, so that a client would give what it has. */
export async function startRecorder(place: Place = {}): Promise<Recorder> {
  await using stack = new AsyncDisposableStack();
  const requests: RecordedRequest[] = [];
  const host = await listen(
    stack,
    (request, response) => {
      requests.push({ method: request.method ?? "", path: request.url ?? "", authorization: request.headers.authorization });
      request.resume();
      response.writeHead(401, { "www-authenticate": 'Basic realm="other"' }).end();
      return Promise.resolve();
    },
    place,
  );
  return { ...createRunning(host, stack.move()), requests };
}
