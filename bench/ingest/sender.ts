import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { plainEnvironment } from "../measure.ts";
import { secret, type Server } from "./server.ts";
import type { Answer, FromSender, ToSender } from "./sender-process.ts";

/** Sends pushes from a process on a core of its own. */
export interface Sender {
  /** Makes this many pushes for a server, to `master` by default. This should not be timed. */
  make(count: number, server: Server, branch?: string): Promise<void>;
  /** Sends them, and returns the answer of each. */
  send(server: Server): Promise<readonly Answer[]>;
}

const sendersCore = "1";
const connections = 32;

/** Starts the sender. It is stopped with the stack. */
export function startSender(stack: AsyncDisposableStack, payload: string): Sender {
  const program = join(import.meta.dirname, "sender-process.ts");
  const child = spawn("taskset", ["--cpu-list", sendersCore, process.execPath, program], {
    env: plainEnvironment(),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  stack.defer(() => void child.kill());
  const ask = async (message: ToSender): Promise<FromSender> => {
    child.send(message);
    const gone = new AbortController();
    const ended = once(child, "exit", { signal: gone.signal }).then(() => Promise.reject(new Error("send pushes: the sender has died")));
    const [answer] = (await Promise.race([once(child, "message", { signal: gone.signal }), ended])) as [FromSender];
    ended.catch(() => undefined);
    gone.abort();
    return answer;
  };
  return {
    async make(count, { port, path }, branch = "master") {
      const changed = payload.replace('"refs/heads/master"', JSON.stringify(`refs/heads/${branch}`));
      await ask({ type: "make", making: { count, payload: changed, secret, host: `127.0.0.1:${port}`, path } });
    },
    async send({ port }) {
      const sent = await ask({ type: "send", port, connections });
      return sent.type === "sent" ? sent.answers : [];
    },
  };
}
