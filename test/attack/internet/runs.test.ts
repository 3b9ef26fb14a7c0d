/** H5 and W13: one delivery makes no more than its share of events and runs, and keeps nobody else waiting. */
import { describe, expect, test, vi } from "vitest";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { routeInTurns } from "../../../webhook/routing/route.ts";
import type { PushEvent } from "../../../src/core/event/git.ts";
import { openDoor, type Door } from "../door.ts";
import { commit, pushOf, signature, tellRoutes } from "../signed.ts";

vi.setConfig({ testTimeout: 60_000 });

const sources = { ci: { kind: "generic-hmac", secrets: "SECRET" } };
const pushes = (count: number): string => JSON.stringify({ events: Array.from({ length: count }, (_, index) => pushOf(`b${index}`)) });
const rows = async ({ store }: Door): Promise<{ readonly deliveries: number; readonly runs: number }> => ({
  deliveries: (await store.deliveries({ limit: 1_000_000 })).length,
  runs: (await store.runs({ limit: 1_000_000 })).length,
});

describe("a proven delivery", () => {
  test.each<[string, number, number, string]>([
    ["2,000 events for 50 routes", 2000, 50, "it has 2000 events, more than 1000: limits.events"],
    ["21 events for 50 routes", 21, 50, "it makes more than 1000 runs: limits.runs"],
  ])(
    "attack 5 (H5): a delivery of %s is stored once without a run, answered 202 with why, and logged",
    async (_what, events, routes, why) => {
      await using door = await openDoor({ sources, routes: tellRoutes(routes) });
      const body = pushes(events);
      const answer = await door.post("ci", body, signature(body));
      expect(answer).toMatchObject({ status: 202, body: { refused: why, runs: [] } });
      expect(await rows(door)).toEqual({ deliveries: 1, runs: 0 });
      expect(door.logged.at(-1)).toMatchObject({ status: 202, source: "ci", refused: [why] });
      const [stored] = await door.store.deliveries({ limit: 9 });
      expect(stored).toMatchObject({ events: [], refused: why });
    },
  );

  test("attack 5 (H5): a delivery of as many runs as the limit makes all of them, in their order", async () => {
    await using door = await openDoor({ sources, routes: tellRoutes(50) });
    const body = pushes(20);
    const answer = await door.post("ci", body, { ...signature(body), "X-Delivery-Id": "twice" });
    expect(answer.status).toBe(202);
    expect(await rows(door)).toEqual({ deliveries: 1, runs: 1000 });
    const runs = (await door.store.runs({ limit: 1000 })).toReversed();
    expect(runs.map(({ id }) => id)).toEqual(answer.body.runs);
    expect(runs.map(({ route }) => route)).toEqual(Array.from({ length: 1000 }, (_, index) => `tell-${index % 50}`));
    expect(await door.post("ci", body, { ...signature(body), "X-Delivery-Id": "twice" })).toMatchObject({
      status: 200,
      body: { runs: answer.body.runs },
    });
    expect(await rows(door)).toEqual({ deliveries: 1, runs: 1000 });
  });

  test.each<[string, object, string]>([
    ["a branch of 256 characters", pushOf("b".repeat(256)), "branch of event 1 is longer than 255 characters: limits.nameLength"],
    [
      "a repository of 900 KB",
      { ...pushOf("main"), repository: `github.com/${"a".repeat(900_000)}` },
      "repository of event 1 is longer than 255 characters: limits.nameLength",
    ],
  ])("attack 27 (W13): %s is refused before any pattern is tried", async (_what, event, why) => {
    await using door = await openDoor({ sources, routes: tellRoutes(1) });
    const body = JSON.stringify(event);
    expect(await door.post("ci", body, signature(body))).toMatchObject({ status: 202, body: { refused: why, runs: [] } });
  });

  test("attack 65: a provider's id of 16 KB is no key that is kept, and no name of 255 characters is refused", async () => {
    await using door = await openDoor({ sources, routes: tellRoutes(1) });
    const [long, fitting] = [JSON.stringify(pushOf("main")), JSON.stringify(pushOf("b".repeat(255)))];
    expect(await door.post("ci", long, { ...signature(long), "X-Delivery-Id": "i".repeat(8000) })).toMatchObject({
      status: 202,
      body: { runs: [] },
    });
    expect((await door.post("ci", fitting, signature(fitting))).body).toMatchObject({ accepted: "verified and understood" });
  });

  test("attack 66: a message of a megabyte is cut at 4 KiB, between two characters", async () => {
    await using door = await openDoor({ sources });
    const told = {
      kind: "reconciliation",
      object: "Kustomization/a/b",
      revision: "main@sha1:1",
      ready: false,
      message: `x${"é".repeat(500_000)}`,
    };
    const body = JSON.stringify(told);
    expect(await door.post("ci", body, signature(body))).toMatchObject({ status: 200 });
    const [stored] = await door.store.deliveries({ limit: 1 });
    expect(stored?.events).toMatchObject([{ message: `x${"é".repeat(2047)}` }]);
  });
});

test("attack 6 (H5): a delivery of 20,000 tags by its address alone is answered 200 and leaves no row", async () => {
  const routes = [
    {
      name: "tell",
      when: { source: "quay", kind: "image", image: "quay.io/acme/app" },
      run: "notify",
      with: { message: "${{ event.tag }}", to: ["slack:C0RELEASES"] },
    },
  ];
  await using door = await openDoor({ sources: { quay: { kind: "quay", path: "SECRET" } }, routes });
  const tags = (count: number): string =>
    JSON.stringify({ docker_url: "quay.io/acme/app", updated_tags: Array.from({ length: count }, (_, index) => `t${index}`) });
  expect(await door.post("quay", tags(20_000))).toMatchObject({ status: 200, body: { ignored: "too many" } });
  expect(await door.post("quay", tags(101))).toMatchObject({ status: 200, body: { ignored: "too many" } });
  expect(await rows(door)).toEqual({ deliveries: 0, runs: 0 });
  expect(door.logged.at(-1)).toMatchObject({ ignored: "too many: it has 101 events, more than 100: limits.unproven" });
  expect(await door.post("quay", tags(100))).toMatchObject({ status: 202 });
  expect(await rows(door)).toEqual({ deliveries: 1, runs: 100 });
});

describe("the event loop", () => {
  const config = readConfig(
    JSON.stringify({ version: 1, sources: { ci: { kind: "generic-hmac", secrets: "env:X" } }, routes: tellRoutes(50) }),
    {
      path: "fairlead.yaml",
      receivers,
      pipelines,
    },
  );
  const event = (index: number): PushEvent => ({
    ...{
      kind: "push",
      source: "generic-hmac",
      delivery: null,
      repository: "github.com/acme/app",
      branch: `b${index}`,
      commit,
      before: null,
    },
  });

  test("attack 5 (H5): other work goes on each hundred tries while a thousand runs are made", async () => {
    let turns = 0;
    let routed = false;
    const count = (): void => void (routed || (turns++, setImmediate(count)));
    setImmediate(count);
    const routing = await routeInTurns(
      config,
      "ci",
      Array.from({ length: 20 }, (_, index) => event(index)),
      1000,
    );
    routed = true;
    expect(routing?.runs).toHaveLength(1000);
    expect(turns).toBeGreaterThanOrEqual(9);
  });

  test("attack 5 (H5): the literals of a route are not read again at each event", async () => {
    const schema = pipelines.find(({ name }) => name === "notify")!.input;
    const parsed = vi.spyOn(schema, "safeParse");
    const strict = vi.spyOn(schema, "strict");
    await routeInTurns(config, "ci", [event(1), event(2)], 1000);
    expect([parsed.mock.calls.length, strict.mock.calls.length]).toEqual([0, 0]);
    parsed.mockRestore();
    strict.mockRestore();
  });
});
