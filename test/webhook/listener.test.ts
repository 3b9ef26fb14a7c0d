import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { ci, key, post, startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const slackToken = "xoxb-canary-of-slack";
const channel = "C0RELEASES";
const routes = [
  {
    name: "tell",
    when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "*" },
    run: "notify",
    with: { message: "${{ event.branch }} is ${{ event.commit }}", to: [`slack:${channel}`], key: "${{ event.commit }}" },
  },
  {
    name: "tell-without-key",
    when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "keyless/*" },
    run: "notify",
    with: { message: "${{ event.branch }} is ${{ event.commit }}", to: [`slack:${channel}`] },
  },
];
const config = { credentials: { slack: { token: "env:SLACK" } }, routes, workers: { count: 1 } };

let slack: Slack;
let listener: Listener;
beforeAll(async () => {
  const tokens = { [slackToken]: { scopes: ["chat:write", "channels:history"] } };
  slack = await startSlack({ tokens, channels: [{ id: channel, name: "releases", member: true }] });
  listener = await startListener(config, { SLACK: slackToken, SLACK_API_URL: slack.url });
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await slack[Symbol.asyncDispose]();
});

let count = 0;
/** A push of a commit that is new. */
const push = (branch = "main") => ({
  kind: "push" as const,
  repository: "github.com/acme/app",
  branch,
  commit: (++count).toString(16).padStart(40, "0"),
  before: null,
});

describe("a delivery", () => {
  test("a delivery is stored with its run, answered 202, and done once however often it comes", async () => {
    const event = push();
    const answers = await Promise.all(Array.from({ length: 5 }, () => listener.deliver(event, { id: "five-times" })));
    const accepted = answers.find(({ status }) => status === 202)!;
    const { delivery, runs } = accepted.body as { delivery: string; runs: string[] };
    expect(answers.map(({ status, body }) => [status, body]).sort()).toEqual([
      ...Array.from({ length: 4 }, () => [200, { duplicate: delivery, runs }]),
      [202, { accepted: "verified and understood", delivery, runs }],
    ]);
    // nothing can be read yet: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
    expect(accepted.headers.get("location")).toBe(null);
    expect(await listener.run(runs[0]!)).toMatchObject({ state: "succeeded", pipeline: "notify", attempt: 1, delivery });
    expect(slack.messages.filter(({ text }) => text.includes(event.commit))).toHaveLength(1);
    expect(await listener.deliver(event, { id: "five-times" })).toMatchObject({ status: 200, body: { duplicate: delivery, runs } });
  });

  test("a message without a key is looked for by the attempt after one whose answer was lost, and is not posted again", async () => {
    slack.fail({ method: "chat.postMessage", status: 503, afterwards: true });
    const event = push("keyless/a");
    const before = slack.requests.length;
    const { runs } = (await listener.deliver(event)).body as { runs: string[] };
    expect(await listener.run(runs[0]!)).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(slack.requests.slice(before).map(({ method }) => method)).toEqual(["chat.postMessage", "conversations.history"]);
    expect(slack.messages.filter(({ text }) => text.includes(event.commit))).toHaveLength(1);
  });

  test('a delivery that matches no route is stored and answered 200 "ignored"', async () => {
    const answer = await listener.deliver({ ...push(), repository: "github.com/acme/app-evil" });
    expect(answer).toMatchObject({ status: 200, body: { ignored: "no route takes it", runs: [] } });
  });

  test.for<[string, string, number, string]>([
    ["malformed, and signed", '{"kind":"push"}', 400, ""],
    ["not JSON, and signed", "{", 400, ""],
    ["of a kind that is not known, and signed", '{"kind":"moon"}', 200, ""],
  ])("a delivery that is %s gets its status", async ([, body, status]) => {
    expect((await listener.deliver(body)).status).toBe(status);
  });

  test("a delivery that is not proven is answered 401 in the same words, whatever is wrong with it", async () => {
    const [address] = await listener.addresses("ci");
    const wrong = [
      listener.deliver(push(), { secret: "another" }),
      listener.deliver("{", { secret: "another" }),
      post(address!, "{}"),
      post(address!, "{}", { "X-Signature": "sha256=" }),
      post(address!, "{}", { "X-Signature": `sha1=${"0".repeat(40)}` }),
    ];
    for (const answer of await Promise.all(wrong))
      expect(answer).toMatchObject({ status: 401, body: { error: "no valid proof of the sender" } });
  });
});

describe("what is no delivery", () => {
  test.each(["/", "/hook/", `/hook/${"0".repeat(64)}`, "/hook/../healthz", "/hook/%2e%2e/healthz", "//healthz", "/readyz/"])(
    "a POST to %s is answered 404",
    async (path) => {
      expect(await rawRequest(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 404 /);
    },
  );

  test.each<[string, (path: string) => string, RegExp]>([
    ["another method", (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 405 .*Allow: POST/s],
    [
      "a type of content that it does not have",
      (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}`,
      /^HTTP\/1\.1 415 /,
    ],
    [
      "a compressed body",
      (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
      /^HTTP\/1\.1 415 /,
    ],
    [
      "a length over the limit",
      (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n`,
      /^HTTP\/1\.1 413 /,
    ],
    [
      "a body over the limit, without its length",
      (path) =>
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks(1_048_600)}`,
      /^HTTP\/1\.1 413 /,
    ],
    [
      "a length and chunks",
      (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    ["two lengths", (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, /^HTTP\/1\.1 400 /],
    ["a flood of headers", (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(4000)}\r\n`, /^HTTP\/1\.1 431 /],
    ["bytes that are no HTTP", () => "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", /^HTTP\/1\.1 400 /],
  ])("a request with %s is refused", async (_, request, answer) => {
    const [address] = await listener.addresses("ci");
    expect(await rawRequest(request(new URL(address!).pathname))).toMatch(answer);
  });

  test("slow senders of headers do not keep a delivery waiting", async () => {
    const { port } = new URL(listener.url);
    const slow = Array.from({ length: 200 }, () =>
      createConnection(Number(port), "127.0.0.1", function (this: { write(text: string): void }) {
        this.write("POST /hook/x HTTP/1.1\r\nHost: x\r\nX-");
      }).on("error", () => undefined),
    );
    expect(await listener.deliver(push("slow"))).toMatchObject({ status: 202 });
    for (const socket of slow) socket.destroy();
  });

  test("a delivery whose sender goes away in the middle is not stored", async () => {
    const [address] = await listener.addresses("ci");
    const { port, pathname } = new URL(address!);
    const before = await listener.store.deliveries({ limit: 1000 });
    const socket = createConnection(Number(port), "127.0.0.1");
    await new Promise<void>((resolve) =>
      socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"kind"`, () =>
        resolve(),
      ),
    );
    socket.destroy();
    expect((await fetch(`${listener.url}/healthz`)).status).toBe(200);
    expect(await listener.store.deliveries({ limit: 1000 })).toEqual(before);
  });
});

test("health and readiness are answered to GET and HEAD alone", async () => {
  const answers = ["GET", "HEAD", "POST"].flatMap((method) =>
    ["healthz", "readyz"].map(async (path) => {
      const { status, headers } = await fetch(`${listener.url}/${path}`, { method });
      return `${method} ${path} ${status} ${headers.get("allow") ?? "-"}`;
    }),
  );
  expect(await Promise.all(answers)).toEqual([
    "GET healthz 200 -",
    "GET readyz 200 -",
    "HEAD healthz 200 -",
    "HEAD readyz 200 -",
    "POST healthz 405 GET, HEAD",
    "POST readyz 405 GET, HEAD",
  ]);
});

test("/healthz says that the process lives, /readyz that store, workers and engine are ready", async () => {
  const [alive, ready] = await Promise.all(["healthz", "readyz"].map((path) => fetch(`${listener.url}/${path}`)));
  expect([alive!.status, await alive!.json()]).toEqual([200, { alive: true }]);
  expect([ready!.status, await ready!.json()]).toEqual([200, { ready: true, store: "ok", workers: "ok", engine: "ok" }]);
});

describe("the command line", () => {
  test("fairlead runs and deliveries list and show what the listener has stored", async () => {
    const { body } = await listener.deliver(push(), { id: "to-be-shown" });
    const { delivery, runs } = body as { delivery: string; runs: string[] };
    await listener.run(runs[0]!);
    const run = JSON.parse((await listener.command("runs", "show", runs[0]!, "--json")).stdout) as Record<string, unknown>;
    expect(run).toMatchObject({ id: runs[0], delivery, state: "succeeded", lane: "tell github.com/acme/app main", error: null });
    expect((await listener.command("runs", "log", runs[0]!)).stdout).toMatch(
      /Z run notify\n.*Z warning: the event may be out of date: .*\n.*Z notify slack:.*\n.*run slack:.*\n.*Z notify: done\n/,
    );
    const listed = JSON.parse((await listener.command("runs", "list", "--delivery", delivery, "--json")).stdout) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(runs);
    const shown = JSON.parse((await listener.command("deliveries", "show", delivery, "--json")).stdout) as Record<string, unknown>;
    expect(shown).toMatchObject({
      id: delivery,
      source: "ci",
      providerId: "to-be-shown",
      runs,
      headers: { "x-delivery-id": "to-be-shown" },
    });
    expect(shown.body).toContain('"kind":"push"');
  });

  test("rerunning a run and resending a delivery each make a new run, and post nothing twice", async () => {
    const { body } = await listener.deliver(push());
    const { delivery, runs } = body as { delivery: string; runs: string[] };
    await listener.run(runs[0]!);
    const again = JSON.parse((await listener.command("runs", "rerun", runs[0]!, "--json")).stdout) as { id: string };
    expect(await listener.run(again.id)).toMatchObject({ state: "succeeded", rerunOf: runs[0] });
    const resent = JSON.parse((await listener.command("deliveries", "resend", delivery, "--json")).stdout) as { runs: string[] };
    expect(await listener.run(resent.runs[0]!)).toMatchObject({ state: "succeeded" });
    expect(slack.messages.filter(({ text }) => text.includes(count.toString(16).padStart(40, "0")))).toHaveLength(1);
  });

  test.each([
    [["runs", "show", "nothing"], "fairlead: find run nothing: there is none\nhint: run fairlead runs list\n", 4],
    [["runs", "rerun"], "fairlead: runs: ID: it is missing\nhint: run fairlead runs --help\n", 2],
    [["deliveries", "show", "nothing"], "fairlead: find delivery nothing: there is none\nhint: run fairlead deliveries list\n", 4],
  ])("the arguments %j are refused with a hint", async (args, stderr, code) => {
    expect(await listener.command(...args)).toEqual({ code, stderr, stdout: "" });
  });
});

test("a secret is replaced without losing a delivery, and a wrong configuration is refused", async () => {
  await using other = await startListener(config, { SLACK: slackToken, SLACK_API_URL: slack.url, NEW_KEY: "canary-of-the-new-key" });
  const [old] = await other.addresses("ci");
  await other.configure({ ...config, sources: { ci: { ...ci, secrets: ["env:NEW_KEY", "env:CI_KEY"] } } });
  other.process.stop("SIGHUP");
  await other.process.printed('"msg":"configuration read again"');
  const [fresh, same] = await other.addresses("ci");
  expect(same).toBe(old);
  expect([
    await other.deliver(push(), { to: fresh!, secret: "canary-of-the-new-key" }),
    await other.deliver(push(), { to: old! }),
  ]).toMatchObject([{ status: 202 }, { status: 202 }]);
  await other.configure({ ...config, routes: [{ ...routes[0], run: "notfy" }], listen: { port: 0 } });
  other.process.stop("SIGHUP");
  await other.process.printed('"msg":"configuration refused: the old one goes on"');
  expect(other.log()).toMatch(
    /"problems":\["[^"]*fairlead\.yaml:\d+:\d+ routes\[0\]\.run: there is no such value; did you mean \\"notify\\"\?"\]/,
  );
  expect(await other.deliver(push(), { to: old! })).toMatchObject({ status: 202 });
  await other.configure({ ...config, listen: { port: 1 } });
  other.process.stop("SIGHUP");
  await other.process.printed('"restartNeeded":["listen"]');
  expect(await other.deliver(push(), { to: old! })).toMatchObject({ status: 202 });
});

test("a listener that is stopped gives back its run, and the next one goes on with it", async () => {
  await using other = await startListener(config, { SLACK: slackToken, SLACK_API_URL: slack.url });
  slack.fail({ status: 429, headers: { "retry-after": "60" }, method: "conversations.history" });
  const { body } = await other.deliver(push());
  const [id] = (body as { runs: string[] }).runs;
  await other.run(id!, "running");
  other.process.stop("SIGTERM");
  const { code, stderr } = await other.process.ended;
  expect([
    code,
    stderr
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith('{"level":')),
  ]).toEqual([0, []]);
  expect(await other.store.run(id!)).toMatchObject({ state: "queued", attempt: 0, reason: "its worker was stopped" });
  await other.restart();
  expect(await other.run(id!)).toMatchObject({ state: "succeeded" });
});

test("two runs of two lanes with one key, at once, post one message", { timeout: 120_000 }, async () => {
  const [first] = routes;
  const twin = (name: string) => ({
    ...first,
    name,
    lane: name,
    with: { message: "released ${{ event.commit }}", to: [`slack:${channel}`], key: "r ${{ event.commit }}" },
  });
  await using other = await startListener(
    { ...config, workers: { count: 2 }, routes: [twin("one"), twin("two")] },
    { SLACK: slackToken, SLACK_API_URL: slack.url },
  );
  const { body } = await other.deliver(push());
  const { runs } = body as { runs: string[] };
  expect(await Promise.all(runs.map((id) => other.run(id)))).toMatchObject([{ state: "succeeded" }, { state: "succeeded" }]);
  expect(slack.messages.filter(({ text }) => text.includes(`released ${count.toString(16).padStart(40, "0")}`))).toHaveLength(1);
});

test("a run whose worker is killed goes on with another worker after the lease", async () => {
  const lease = "10s"; // of two cores that others use as well, a worker may not have one for seconds
  await using other = await startListener({ ...config, workers: { count: 1, lease } }, { SLACK: slackToken, SLACK_API_URL: slack.url });
  slack.fail({ status: 429, headers: { "retry-after": "2" }, method: "conversations.history" });
  const { body } = await other.deliver(push());
  const [id] = (body as { runs: string[] }).runs;
  await other.run(id!, "running");
  await other.process.printed('"msg":"run begins"');
  process.kill(await workerOf(other), "SIGKILL");
  expect(await other.run(id!)).toMatchObject({ state: "succeeded" });
  expect(slack.messages.filter(({ text }) => text.includes(count.toString(16).padStart(40, "0")))).toHaveLength(1);
});

test("the listener's log and store hold no secret and no address", async () => {
  const [address] = await listener.addresses("ci");
  const stored = await Promise.all(
    ["fairlead.db", "fairlead.db-wal"].map((name) => readFile(join(listener.folder, name), "latin1").catch(() => "")),
  );
  const told = [listener.log(), ...stored].join("\n");
  expect(told.length).toBeGreaterThan(10_000);
  expect([key, slackToken, new URL(address!).pathname].filter((secret) => told.includes(secret))).toEqual([]);
});

/** Returns the process id of a listener's only worker, by what the kernel says. */
async function workerOf(of: Listener): Promise<number> {
  const [, pid] = /"worker":"worker-(\d+)-1"/.exec(of.log()) ?? [];
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}

function chunks(size: number): string {
  return `${size.toString(16)}\r\n${"x".repeat(size)}\r\n0\r\n\r\n`;
}

/** Sends bytes, and returns what comes until the connection ends or an answer is there. */
async function rawRequest(text: string): Promise<string> {
  const { port } = new URL(listener.url);
  const socket = createConnection(Number(port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(text);
  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    answer += chunk as string;
    if (answer.includes("\r\n\r\n")) break;
  }
  socket.destroy();
  return answer;
}
