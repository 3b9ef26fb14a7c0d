/** A listener as a person runs it, with a store of its own. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { stringify } from "yaml";
import type { Event } from "../../src/core/event.ts";
import type { Store, StoredRun } from "../../webhook/store.ts";
import { openStore } from "../../webhook/stores/index.ts";
import { fairlead, startFairlead, type Ended, type Running } from "../cli.ts";

/** The key of the source `ci`. */
export const key = "canary-key-of-the-source";

/** What is answered to a request. */
export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** An event as the generic source sends it. */
export type Sent = Event extends infer E ? (E extends Event ? Omit<E, "source" | "delivery"> : never) : never;

export interface Listener extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** The store, opened beside the listener. */
  readonly store: Store;
  readonly process: Running;
  /** All that the listener and its workers have logged so far. */
  log(): string;
  /** Returns the addresses of a source. */
  addresses(source: string): Promise<readonly string[]>;
  /** Sends an event to the source `ci`. */
  deliver(event: Sent | string, options?: { readonly id?: string; readonly secret?: string; readonly to?: string }): Promise<Answered>;
  /** Waits until a run is in one of these states. */
  run(id: string, ...states: readonly StoredRun["state"][]): Promise<StoredRun>;
  /** Writes another configuration, without telling the listener. */
  configure(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** Runs the command line beside it. */
  command(...args: readonly string[]): Promise<Ended>;
  /** Ends it, by SIGTERM unless told, and starts it again with the same configuration and store. */
  restart(signal?: NodeJS.Signals): Promise<void>;
}

const terminal = ["succeeded", "failed", "parked", "canceled", "superseded", "skipped"] as const;

/** A source that signs, for `config`. */
export const ci = { kind: "generic-hmac", secrets: "env:CI_KEY" };

/** Starts `fairlead serve` with this configuration, at a free port. */
export async function startListener(
  config: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Listener> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-listener-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "fairlead.yaml");
  const own = { CI_KEY: key, ...env };
  const configure = (given: Readonly<Record<string, unknown>>): Promise<void> =>
    writeFile(
      file,
      stringify({ version: 1, sources: { ci }, store: `sqlite:${join(folder, "fairlead.db")}`, listen: { port: 0 }, ...given }),
    );
  await configure(config);
  let process = startFairlead(["serve", "--config", file], own);
  stack.defer(async () => {
    process.stop("SIGTERM");
    await process.ended;
  });
  let url = await listening(process);
  const store = stack.use(await openStore(`sqlite:${join(folder, "fairlead.db")}`));
  const command = (...args: readonly string[]): Promise<Ended> => fairlead([...args, "--config", file], own);
  const addresses = async (source: string): Promise<readonly string[]> => {
    const { stdout, stderr } = await command("sources", "--json", "--url", url);
    if (stdout === "") throw new Error(stderr);
    return (JSON.parse(stdout) as { name: string; urls: string[] }[]).find(({ name }) => name === source)?.urls ?? [];
  };
  let address: string | undefined;
  const ended = stack.move();
  return {
    folder,
    store,
    command,
    configure,
    addresses,
    get url() {
      return url;
    },
    get process() {
      return process;
    },
    log: () => process.said(),
    async deliver(event, { id, secret = key, to } = {}) {
      address ??= (await addresses("ci"))[0]!;
      const body = typeof event === "string" ? event : JSON.stringify(event);
      return await post(to ?? `${url}${new URL(address).pathname}`, body, {
        "X-Signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
        ...(id === undefined ? {} : { "X-Delivery-Id": id }),
      });
    },
    run: (id, ...states) =>
      vi.waitFor(
        async () => {
          const run = await store.run(id);
          if (run === undefined || !(states.length === 0 ? terminal : states).includes(run.state))
            throw new Error(`run ${id} is ${run?.state ?? "unknown"}: ${run?.error?.message ?? run?.reason ?? ""}\n${process.said()}`);
          return run;
        },
        { timeout: 120_000, interval: 50 },
      ),
    async restart(signal = "SIGTERM") {
      process.stop(signal);
      await process.ended;
      process = startFairlead(["serve", "--config", file], own);
      url = await listening(process);
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

/** Sends a body. */
export async function post(url: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: Buffer.from(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

async function listening(process: Running): Promise<string> {
  await process.printed('"msg":"listening"');
  const line = process
    .said()
    .split("\n")
    .findLast((each) => each.includes('"msg":"listening"'))!;
  return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
}
