// Sends pushes over some connections, on a core of its own, and reports when and how each was answered.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { makePushes, type Making, type Push } from "./pushes.ts";

/** A message to the sender: make pushes, or send them to a port of this machine. */
export type ToSender =
  { readonly type: "make"; readonly making: Making } | { readonly type: "send"; readonly port: number; readonly connections: number };

/** A message of the sender: the pushes are made, or the answer of each. */
export type FromSender = { readonly type: "made" } | { readonly type: "sent"; readonly answers: readonly Answer[] };

/** The ID of a delivery, the status of its answer, and its time in milliseconds. */
export type Answer = readonly [id: string, status: number, milliseconds: number];

let pushes: readonly Push[] = [];
process.on("message", (message: ToSender) => {
  if (message.type === "make") {
    pushes = makePushes(message.making);
    return report({ type: "made" });
  }
  void send(message.port, message.connections).then((answers) => report({ type: "sent", answers }));
});

function report(message: FromSender): void {
  process.send?.(message);
}

/** Each connection sends its next push when the one before is answered. */
async function send(port: number, connections: number): Promise<readonly Answer[]> {
  const left = pushes.values();
  const answers: Answer[] = [];
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
      await once(socket, "connect");
      for (const { id, bytes } of left) {
        const begun = performance.now();
        const status = await exchange(socket, bytes);
        answers.push([id, status, performance.now() - begun]);
      }
      socket.destroy();
    }),
  );
  return answers;
}

/** Sends a request, and returns the status when its answer is whole. All answers here are small. */
function exchange(socket: Socket, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const look = (chunk: Buffer): void => {
      answer += chunk.toString("latin1");
      if (!isWhole(answer)) return;
      socket.off("data", look).off("close", lost);
      resolve(Number(answer.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length)));
    };
    const lost = (): void => reject(new Error(`send push: the connection was closed after ${JSON.stringify(answer)}`));
    socket.on("data", look).on("close", lost);
    socket.write(request);
  });
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(answer) ?? [];
  return length === undefined ? answer.endsWith("\r\n0\r\n\r\n") : answer.length === head + 4 + Number(length);
}
