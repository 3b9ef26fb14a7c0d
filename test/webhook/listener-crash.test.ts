/** A crash costs a start, not a lease. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startProxy, type Proxy } from "../doubles/proxy.ts";
import { startSlack, type Slack } from "../doubles/slack.ts";
import { signal, treeOf, allOf } from "./crash/processes.ts";
import { startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const [slackToken, channel] = ["xoxb-canary-of-slack", "C0RELEASES"];
let [slack, proxy, listener]: [Slack, Proxy, Listener] = [] as never;
let hold: (() => Promise<void>) | undefined;

beforeAll(async () => {
  slack = await startSlack({
    tokens: { [slackToken]: { scopes: ["chat:write", "channels:history"] } },
    channels: [{ id: channel, name: "releases", member: true }],
  });
  proxy = await startProxy(slack.host, {
    async onRequest({ url }) {
      if (hold === undefined || url?.includes("chat.postMessage") !== true) return undefined;
      await hold();
      return { status: "reset" };
    },
  });
  const when = { source: "ci", kind: "stage", pipeline: "app", state: "succeeded" };
  const told = { message: "${{ event.commit }}", to: [`slack:${channel}`] };
  listener = await startListener(
    {
      credentials: { slack: { token: "env:SLACK" } },
      servers: { slack: { api: `${proxy.url}/api/` } },
      routes: [{ name: "tell", when, run: "notify", with: told }],
      // nothing of this test would end if a lease had to be over
      workers: { count: 1, lease: "1h" },
    },
    { SLACK: slackToken },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  for (const each of [proxy, slack]) await each[Symbol.asyncDispose]();
});

/** Sends a stage whose message is under way when `crash` is called, and returns the run at its end. */
async function tellThrough(commit: string, crash: () => Promise<void>) {
  const underWay = Promise.withResolvers<void>();
  hold = () => {
    hold = undefined;
    underWay.resolve();
    return new Promise((resolve) => setTimeout(resolve, 100));
  };
  const { body } = await listener.deliver({ kind: "stage", pipeline: "app", stage: null, state: "succeeded", commit });
  await underWay.promise;
  await crash();
  const run = await listener.run((body.runs as string[])[0]!);
  const { state, attempt } = run;
  return { state, attempt, messages: slack.messages.filter(({ text }) => text.includes(commit)).length };
}

const done = { state: "succeeded", attempt: 2, messages: 1 };

test("a listener that was killed with everything goes on with its runs when it is started again, before their leases are over", async () => {
  const killAll = async (): Promise<void> => {
    const tree = await treeOf(listener.process.pid);
    await signal("SIGKILL", allOf(tree).toReversed());
    await listener.restart("SIGKILL");
  };
  expect(await tellThrough("a".repeat(40), killAll)).toEqual(done);
});

test("a run whose worker was killed goes on with the next worker once its own process is gone", async () => {
  const killWorker = async (): Promise<void> => {
    const { workers, runs } = await treeOf(listener.process.pid);
    await signal("SIGSTOP", runs);
    await signal("SIGKILL", workers);
    await vi.waitFor(async () => expect((await treeOf(listener.process.pid)).workers).toHaveLength(1), { timeout: 60_000 });
    const [running] = await listener.store.runs({ states: ["running"], limit: 2 });
    expect(running?.attempt).toBe(1); // its process is there, and could go on
    await signal("SIGKILL", runs);
  };
  expect(await tellThrough("b".repeat(40), killWorker)).toEqual(done);
});
