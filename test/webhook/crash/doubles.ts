/** What runs act on, with a proxy before each: something can happen at any request. */
import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { startProxy, type Proxy, type ProxyAnswer } from "../../doubles/proxy.ts";
import type { Registry } from "../../doubles/registry.ts";
import { startSlack, type Slack } from "../../doubles/slack.ts";
import { startFlux, startImages, type Flux } from "../../pipelines/flux.ts";

export const slackToken = "xoxb-canary-of-the-crash-suite";
export const channel = "C0RELEASES";

/** When a trap springs: before its request is done, when it is done and its answer lost, or when it is answered and that is not yet recorded. */
export const moments = ["before", "after", "answered"] as const;

/** Something that is to happen once, at a request. */
export interface Trap {
  /** Tells whether it is this one, by `METHOD /path`. */
  readonly at: (name: string) => boolean;
  /** `held`: when it is done, and its answer goes on when the trap lets it. */
  readonly moment: (typeof moments)[number] | "held";
  readonly spring: () => Promise<void>;
}

export interface Doubles extends AsyncDisposable {
  readonly flux: Flux;
  readonly slack: Slack;
  /** The registry itself; runs know it by its proxy. */
  readonly registry: Registry;
  readonly proxies: Readonly<Record<"github" | "slack" | "registry", Proxy>>;
  /** Sets a trap in place of the one that is set. */
  set(trap: Trap | undefined): void;
}

/** Starts a registry with images, GitHub with a Flux repository, and Slack. */
export async function startDoubles(): Promise<Doubles> {
  await using stack = new AsyncDisposableStack();
  let trap: Trap | undefined;
  const before = async (host: string): Promise<Proxy> =>
    stack.use(
      await startProxy(host, {
        onRequest(request) {
          const name = `${request.method} ${request.url}`;
          if (trap?.at(name) !== true) return undefined;
          const { moment, spring } = trap;
          trap = undefined;
          return passTrap(`http://${host}`, request, moment, spring);
        },
      }),
    );
  const registry = stack.use(await startImages());
  const toRegistry = await before(registry.host);
  const flux = stack.use(await startFlux({ ...registry, host: toRegistry.host }));
  const tokens = { [slackToken]: { scopes: ["chat:write", "channels:history"] } };
  const slack = stack.use(await startSlack({ tokens, channels: [{ id: channel, name: "releases", member: true }] }));
  const proxies = { registry: toRegistry, github: await before(flux.github.host), slack: await before(slack.host) };
  const all = stack.move();
  return { flux, slack, registry, proxies, set: (given) => (trap = given), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function passTrap(
  server: string,
  request: IncomingMessage,
  moment: Trap["moment"],
  spring: Trap["spring"],
): Promise<ProxyAnswer | undefined> {
  const answer = moment === "before" ? undefined : await finish(server, request);
  if (moment === "answered") {
    setImmediate(() => void spring());
    return answer;
  }
  await spring();
  return moment === "held" ? answer : { status: "reset" };
}

const ofOneHop = ["connection", "content-encoding", "content-length", "expect", "host", "keep-alive", "transfer-encoding"];

/** Sends a request on, and returns its answer. */
async function finish(server: string, request: IncomingMessage): Promise<ProxyAnswer> {
  const kept = Object.entries(request.headers).filter(([name]) => name === "content-encoding" || !ofOneHop.includes(name));
  const body = await buffer(request);
  const init = { method: request.method ?? "GET", headers: kept as [string, string][], ...(body.length > 0 && { body }) };
  const answer = await fetch(`${server}${request.url}`, init);
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !ofOneHop.includes(name)));
  return { status: answer.status, headers, body: await answer.text() };
}
