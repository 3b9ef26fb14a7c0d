import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProxy, type Proxy } from "../doubles/proxy.ts";
import { applicationFiles, startWorld, type World } from "../pipelines/world.ts";
import { attempt, namesOf, startAttempt, type Attempt } from "./attempt.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const stopped = (signal: string): string =>
  [
    "exit code 130",
    "stopping (press Ctrl-C again to quit at once)",
    `fairlead: stopped by ${signal}`,
    "hint: run it again: finished steps are not repeated",
  ].join("\n");

/** Leaves out the warning that the deployed image was never pushed. */
const withoutWarning = (told: string): string => told.replace(/^warning: .* is not in its registry\n?/m, "").trimEnd();

describe.each([["SIGINT"], ["SIGTERM"]] as const)("%s during a run", (signal) => {
  test("a signal during a RUN ends it at once, and the next run finishes", async () => {
    await using phone = await openPhone();
    const name = `acme/held-${signal.toLowerCase()}`;
    const files = await applicationFiles(`FROM scratch\nCOPY busybox /bin/busybox\nRUN ${JSON.stringify(phone.command)}\n`);
    await world.github.createRepository(name, { files });
    const build = ["build", `${world.github.url}/${name}`, "--image", `${world.registry.host}/${name}`];
    const held = await startAttempt(build, world.env, namesOf(world));
    const hungUp = once(await phone.call(held), "close");
    await held.stop(signal);
    expect(await held.outcome).toBe(stopped(signal));
    await hungUp; // the engine has ended the container
    const again = await startAttempt(build, world.env, namesOf(world));
    (await phone.call(again)).end("go\n");
    expect(await again.outcome).toBe("exit code 0");
  });

  test("a signal during a push lets it end, and the next run opens exactly one pull request", async () => {
    const before = world.github.pulls("acme/flux").length;
    await using gate = await startGate();
    const deploy = gate.deploy(`held-${signal}`);
    const held = await startAttempt(deploy, gate.env, namesOf(world));
    await gate.reached;
    await held.stop(signal);
    gate.open();
    expect(withoutWarning(await held.outcome)).toBe(stopped(signal));
    expect(world.github.pulls("acme/flux")).toHaveLength(before);
    expect(withoutWarning(await attempt(deploy, gate.env, namesOf(world)))).toBe("exit code 0");
    expect(world.github.pulls("acme/flux")).toHaveLength(before + 1);
  });
});

test("a second signal quits at once, whatever is in progress", async () => {
  await using gate = await startGate();
  const held = await startAttempt(gate.deploy("quit"), gate.env, namesOf(world));
  await gate.reached;
  await held.stop("SIGINT");
  held.quit();
  expect(withoutWarning(await held.outcome)).toBe(stopped("SIGINT").split("\n").slice(0, 2).join("\n"));
  gate.open();
});

/**
 * A server that a container's command calls when it has begun. It succeeds only when told to, so that the engine never
 * caches half of it; no other run has the same command, so that the engine has no result of it from a server that had
 * the same port. A container reaches this machine at the gateway of the engine's network.
 */
async function openPhone(): Promise<AsyncDisposable & { readonly command: readonly string[]; call(from: Attempt): Promise<Socket> }> {
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  await once(server.listen(0, "0.0.0.0"), "listening");
  const { port } = server.address() as AddressInfo;
  const gateway = "$(/bin/busybox ip route | /bin/busybox awk '/^default/ { print $3 }')";
  return {
    command: ["/bin/busybox", "sh", "-c", `/bin/busybox nc ${gateway} ${port} | /bin/busybox grep -q go # ${randomUUID()}`],
    call: async ({ outcome, said }) => {
      const connected = once(server, "connection") as Promise<[Socket]>;
      const silent = outcome.then((text) => Promise.reject(new Error(`no container called: ${text}\n${said()}`)));
      return (await Promise.race([connected, silent]))[0];
    },
    async [Symbol.asyncDispose]() {
      await once(server.close(), "close");
    },
  };
}

interface Gate extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Fulfilled when a push is held. */
  readonly reached: Promise<void>;
  deploy(tag: string): readonly string[];
  /** Lets the held push through, and all after it. */
  open(): void;
}

/** GitHub behind a proxy that holds pushes. */
async function startGate(): Promise<Gate> {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const proxy: Proxy = await startProxy(world.github.host, {
    async onRequest({ method, url = "" }) {
      if (method !== "POST" || !url.endsWith("/git-receive-pack")) return;
      reached.resolve();
      await opened.promise;
    },
  });
  return {
    env: { ...world.env, GITHUB_SERVER_URL: proxy.url, GITHUB_API_URL: `${proxy.url}/api/v3` },
    reached: reached.promise,
    deploy: (tag) => [
      ...["deploy", `${world.registry.host}/acme/app:${tag}@sha256:${"a".repeat(64)}`],
      ...["--flux-repository", `${proxy.url}/acme/flux`, "--unchecked"],
    ],
    open: opened.resolve,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}
