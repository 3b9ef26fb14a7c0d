import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fairlead, startFairlead, type Running } from "../cli.ts";
import { git } from "../doubles/bare.ts";
import { startProxy, type Proxy, type ProxyAnswer } from "../doubles/proxy.ts";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

let registry: Registry;
let flux: Flux;
let proxy: Proxy;
/** Whoever is killed leaves there what it has. */
let temporary: string;
let onRequest: (request: IncomingMessage) => ProxyAnswer | undefined | Promise<ProxyAnswer | undefined>;

beforeAll(async () => {
  registry = await startImages();
});
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "fairlead-deploy-crash-"));
  flux = await startFlux(registry, { collaborators: ["ann"] });
  onRequest = () => undefined;
  proxy = await startProxy(flux.github.host, { onRequest: (request) => onRequest(request) });
});
afterEach(async () => {
  await proxy.stop();
  await flux[Symbol.asyncDispose]();
  await rm(temporary, { recursive: true });
});
afterAll(() => registry.stop());

const env = (): Record<string, string> => ({
  ...flux.env,
  TMPDIR: temporary,
  GITHUB_SERVER_URL: proxy.url,
  GITHUB_API_URL: `${proxy.url}/api/v3`,
});
const args = (): readonly string[] => ["deploy", flux.image("1.2.0"), "--flux-repository", `${proxy.url}/acme/flux`, "--label", "deploy"];
const branches = (): Promise<readonly string[]> => flux.branches();

/** What a deployment writes that replaces another, in its order. */
const writes = [
  "POST /acme/flux/git-receive-pack",
  "POST /api/v3/repos/acme/flux/pulls",
  "POST /api/v3/repos/acme/flux/issues/2/labels",
  "PATCH /api/v3/repos/acme/flux/pulls/1",
  "POST /api/v3/repos/acme/flux/issues/1/comments",
  "DELETE /api/v3/repos/acme/flux/git/refs/heads/BRANCH",
] as const;
const nameOf = ({ method, url = "" }: IncomingMessage): string =>
  `${method} ${url}`.replace(/heads(\/|%2F).*/, "heads/BRANCH").replace("flux.git/", "flux/");

/** Sends a request on, and reads its answer to the end. */
async function finish(request: IncomingMessage): Promise<void> {
  const headers = Object.entries(request.headers).filter(
    ([name]) => !["connection", "host", "content-length", "transfer-encoding", "expect"].includes(name),
  );
  const body = await buffer(request);
  const init = { method: request.method ?? "GET", headers: headers as [string, string][], ...(body.length > 0 && { body }) };
  await (await fetch(`${flux.github.url}${request.url}`, init)).arrayBuffer();
}

/** Runs `fairlead` until that write, and kills it: before it is done, or when it is and nobody has heard of it. */
async function killAt(write: string, when: "before" | "after"): Promise<boolean> {
  let killed = false;
  const running: Running = startFairlead(args(), env());
  onRequest = async (request) => {
    if (killed || nameOf(request) !== write) return undefined;
    killed = true;
    if (when === "after") await finish(request);
    running.stop("SIGKILL");
    await running.ended;
    return { status: "reset" };
  };
  const { code } = await running.ended;
  onRequest = () => undefined;
  return killed && code === null;
}

describe.each(["before", "after"] as const)("a run that is killed %s it has done so", (when) => {
  test.each(writes)("%s: the next one finishes, and there is one pull request in the end", async (write) => {
    await flux.deployHere({ images: [flux.image("1.1.0")] });
    expect(await killAt(write, when)).toBe(true);
    const result = await flux.deployHere({ images: [flux.image("1.2.0")], labels: ["deploy"] });
    expect(result.pullRequest?.number).toBe(2);
    expect(flux.github.pulls("acme/flux").map(({ number, state, labels }) => ({ number, state, labels }))).toEqual([
      { number: 1, state: "closed", labels: [] },
      { number: 2, state: "open", labels: ["deploy"] },
    ]);
    expect(flux.github.comments("acme/flux", 1)).toHaveLength(1);
    expect(await branches()).toEqual([result.branch, "main"]);
    const before = flux.writes();
    expect(await flux.deployHere({ images: [flux.image("1.2.0")], labels: ["deploy"] })).toEqual({ ...result, superseded: [] });
    expect(flux.writes()).toBe(before);
  });
});

describe("a push", () => {
  const told = async (...more: readonly string[]): Promise<string> => {
    const { code, stderr } = await fairlead([...args().slice(0, 4), ...more], env());
    const lines = stderr.split("\n").filter((line) => /^(fairlead|hint): /.test(line));
    return flux.plain([code, ...lines].join("\n").replaceAll(proxy.host, "GITHUB"));
  };

  test("a push that the server breaks off leaves nothing half-done, and the next run finishes", async () => {
    onRequest = ({ url }) => (url?.endsWith("/git-receive-pack") ? { status: "reset" } : undefined);
    expect(await told()).toMatchInlineSnapshot(`
      "75
      fairlead: push branch fairlead/web-HASH of GITHUB/acme/flux: the server broke off
      hint: run it again later; if that does not help, check that this machine can reach it"
    `);
    onRequest = () => undefined;
    expect([await branches(), flux.github.pulls("acme/flux")]).toEqual([["main"], []]);
    expect(await told()).toBe("0");
    expect(flux.github.pulls("acme/flux")).toMatchObject([{ number: 1, state: "open" }]);
  });

  test("a direct push to a protected branch fails in the server's words; a pull request still works", async () => {
    await flux.github.protect("acme/flux", "main", "Changes must be made through a pull request.");
    const main = await git(flux.folder, ["rev-parse", "main"]);
    expect(await told("--direct")).toMatchInlineSnapshot(`
      "3
      fairlead: push branch main of GITHUB/acme/flux: the server refused it: [remote rejected] (hook declined)
      hint: let the credential's owner write to this branch, or use another one"
    `);
    expect(await git(flux.folder, ["rev-parse", "main"])).toBe(main);
    expect(await told()).toBe("0");
  });
});
