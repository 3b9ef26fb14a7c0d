/** One process of `fairlead serve`, and what is sent to it. */
import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { follow } from "../../cli.ts";

/** A listener that was started. */
export interface Listener {
  readonly pid: number;
  readonly url: string;
  /** What it and its workers have said so far. */
  readonly said: () => string;
  readonly exit: Promise<unknown>;
}

/** What is answered to a delivery. */
export interface Posted {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly delivery?: string; readonly duplicate?: string; readonly runs?: readonly string[] };
}

const bin = fileURLToPath(new URL("../../../bin/fairlead.ts", import.meta.url));

/** Starts a listener, and waits until it listens. */
export async function startListener(config: string, env: Readonly<Record<string, string>>): Promise<Listener> {
  const child = spawn(process.execPath, [bin, "serve", "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  });
  const exit = once(child, "exit");
  const running = follow(child);
  const said = (): string => running.said();
  await running.printed('"msg":"listening"');
  const line = said()
    .split("\n")
    .find((each) => each.includes('"msg":"listening"'))!;
  return { pid: child.pid!, url: `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`, said, exit };
}

/** Sends a body that is signed by a key to the address of that key. Returns undefined when nobody answers. */
export async function post({ url }: Listener, body: string, id: string, key: string): Promise<Posted | undefined> {
  const address = `${url}/hook/${createHash("sha256").update(key).digest("hex")}`;
  const signature = `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
  const headers = { "Content-Type": "application/json", "X-Signature": signature, "X-Delivery-Id": id };
  try {
    const answer = await fetch(address, { method: "POST", headers, body });
    return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: (await answer.json()) as Posted["body"] };
  } catch {
    return undefined; // who was to answer is gone
  }
}
