import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../webhook/stores/index.ts";
import type { Answer } from "./sender-process.ts";
import { secret, startServer, type Server } from "./server.ts";

/** `fairlead serve`, with a store of its own. */
export interface Listener extends Server {
  /**
   * Throws unless the store has each delivery that was answered with 202 or that no route took, with this many runs.
   */
  requireStored(answers: readonly Answer[], runs: number): Promise<void>;
}

/** A route, as the configuration has it. */
export interface WrittenRoute {
  readonly name: string;
  readonly when: Readonly<Record<string, string>>;
  readonly run: string;
  readonly with: Readonly<Record<string, unknown>>;
}

/** The options of a listener, beside the source `github`. */
export interface ListenerOptions {
  readonly name: string;
  readonly workers: number;
  readonly routes: readonly WrittenRoute[];
}

/** Starts the bundle with its defaults. Its log goes to a file. */
export async function startListener(
  stack: AsyncDisposableStack,
  folder: string,
  { name, workers, routes }: ListenerOptions,
): Promise<Listener> {
  const [file, url] = [join(folder, `${name}.yaml`), `sqlite:${join(folder, `${name}.db`)}`];
  const server = await startServer(stack, {
    path: `/hook/${createHash("sha256").update(secret).digest("hex")}`,
    log: join(folder, `${name}.log`),
    niceness: -10, // like the systemd unit, whose CPUWeight=1000 is the same among groups
    async command(port) {
      const config = {
        ...{ version: 1, sources: { github: { kind: "github", secrets: "env:HOOK_KEY" } }, routes, store: url },
        ...{ credentials: { slack: { token: "env:SLACK_TOKEN" } }, servers: { slack: { api: await startSilence(stack) } } },
        ...{ workers: { count: workers, engine: "native" }, listen: { port } },
      };
      await writeFile(file, JSON.stringify(config)); // JSON is YAML
      const program = join(import.meta.dirname, "../../dist/fairlead.js");
      return { program: process.execPath, args: [program, "serve", "--config", file], env: { HOOK_KEY: secret, SLACK_TOKEN: "none" } };
    },
  });
  return {
    ...server,
    async requireStored(answers, runs) {
      await using store = await openStore(url);
      for (const [id, status] of answers) {
        const stored = await store.known("github", id);
        const delivery = stored && (await store.delivery(stored.delivery));
        if (delivery?.runs.length !== runs || status !== (runs > 0 ? 202 : 200))
          throw new Error(`ingest: ${id} was answered with ${status} and is not in the store`);
      }
    },
  };
}

/**
 * A Slack that never answers. The one worker that gets a run is busy as long as the bench lasts, so no run uses the
 * servers' core.
 */
async function startSilence(stack: AsyncDisposableStack): Promise<string> {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  stack.defer(() => void server.close().closeAllConnections());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/api/`;
}

/** Returns a route that takes the pushes of a branch of the example's repository. */
export function routeOf(branch: string, run: string, values: Readonly<Record<string, unknown>>): WrittenRoute {
  const when = { source: "github", kind: "push", repository: "github.com/Codertocat/Hello-World", branch };
  return { name: `${branch}-of-hello`, when, run, with: values };
}

/** A route for the pushes that are sent. By its default policy a run that waits is superseded by the next of its branch. */
export const notifyRoute = routeOf("master", "notify", { message: "${{ event.branch }} is ${{ event.commit }}", to: ["slack:C0RELEASES"] });
