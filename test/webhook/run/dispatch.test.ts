/** Dispatches by routes: a real store, runs as their processes run them, and GitHub. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Event } from "../../../src/core/event.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import type { Receiver } from "../../../webhook/receiver/receiver.ts";
import { eventKindNames, eventKinds } from "../../../webhook/routing/event-kinds.ts";
import { routeEvents } from "../../../webhook/routing/route.ts";
import { execute } from "../../../webhook/run/execute.ts";
import type { RunEnding } from "../../../webhook/run/messages.ts";
import type { Claim, Store } from "../../../webhook/store.ts";
import { startActions, token, type ActionsWorld } from "../../pipelines/actions.ts";
import { minute, rested, type Bed } from "../store/bed.ts";
import { openBed } from "../store/sqlite-bed.ts";

/** A kind of source that makes events of every kind. */
const everything: Receiver = {
  ...{ name: "everything", events: eventKindNames, headers: [], docs: { configured: "", proof: "", setUp: "" } },
  ...{ limit: 1, options: z.strictObject({}), contentTypes: () => [], proof: () => "secret", prove: () => undefined },
  ...{ proofHeaders: [], uniqueBodies: false },
  ...{ deliveryId: () => null, parse: () => ({ ignored: "nothing" }) },
};
const digest = `sha256:${"ab".repeat(32)}` as const;

let world: ActionsWorld;
let bed: Bed;
let config: ListenerConfig;
let log: string[];

beforeEach(async () => {
  world = await startActions();
  bed = await openBed();
  log = [];
  config = readConfig(JSON.stringify(written()), { path: "fairlead.yaml", receivers: [everything], pipelines });
});
afterEach(async () => {
  await bed[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

function written(): object {
  const repository = `${world.github.url}/acme/app`;
  const names = { text: "${{ event.commit | short }}", digest: "${{ event.digest }}", tags: "${{ event.tags }}", ref: "${{ event.ref }}" };
  const inputs = { environment: "staging", version: "${{ event.commit | short }}" };
  return {
    version: 1,
    credentials: { [world.github.host]: { token: "env:GIT_TOKEN" } },
    servers: { github: { url: world.github.url, api: world.github.apiUrl } },
    sources: { all: { kind: "everything", secrets: "env:ALL" } },
    routes: [
      {
        name: "quay",
        when: { source: "all", kind: "image-build", image: "quay.io/acme/app", state: "succeeded" },
        run: "dispatch-repository",
        with: { repository, event: "QUAY_BUILD_SUCCESS", payload: names },
      },
      {
        name: "deploy",
        when: { source: "all", kind: "push", repository: world.app, branch: "main" },
        policy: "every",
        run: "dispatch-workflow",
        with: { repository, workflow: "deploy.yaml", ref: "main", inputs, wait: true },
      },
    ],
  };
}

type Build = Extract<Event, { kind: "image-build" }>;
const built = (id: string, more: Partial<Build> = {}): Event => ({
  ...eventKinds["image-build"].sample,
  ...{ id, digest, repository: world.app, commit: "42d4a62".padEnd(40, "0"), tags: ["1.4.3", "latest"] },
  ...more,
});
const pushed = (): Event => ({ ...eventKinds.push.sample, repository: world.app, branch: "main", commit: "c0ffee".padEnd(40, "0") });

/** Delivers an event, and returns what its routes say. */
async function deliver(event: Event): Promise<readonly string[]> {
  const { runs, verdicts } = routeEvents(config, "all", [event]);
  const about = { source: "all", providerId: null, headers: {}, body: new Uint8Array(), refused: null, content: null };
  await bed.store.accept({ ...about, events: [event] }, runs);
  return verdicts.flatMap(({ route, outcome, ...each }) =>
    "why" in each && outcome !== "passed" ? [`${route} ${outcome}: ${each.why}`] : [],
  );
}

/** Claims the next run, executes it as its process does, and stores how it ends. `broken`: the process is lost before it says so. */
async function work(store: Store, broken = false): Promise<RunEnding | undefined> {
  bed.advance(rested);
  const claim = await store.claim("w", minute);
  if (claim === undefined) return undefined;
  const ending = await execute(orderOf(claim), config, {
    signal: new AbortController().signal,
    log: (text) => log.push(text),
    found: (decision) => store.noteDecision(claim, decision),
    journal: {
      read: (_, step, key) => store.recorded(claim, step, key),
      begin: () => Promise.resolve(),
      claim: (_, step, key) => store.claimKey(claim, step, key),
      record: (_, step, key, entry) => (broken ? Promise.reject(new Error("lost")) : store.record(claim, step, key, entry)),
    },
  });
  if (broken) await store.finish(claim, { state: "queued", reason: "its process was lost" });
  else if (ending.state === "succeeded" || ending.state === "waiting" || ending.state === "failed") await store.finish(claim, ending);
  return ending;
}

/** When each run was begun first. */
const begun = new Map<string, number>();

function orderOf(claim: Claim): Parameters<typeof execute>[0] {
  const began = begun.get(claim.id);
  begun.set(claim.id, began ?? Date.now());
  const times = { began: began ?? Date.now(), resumed: began !== undefined, grace: 1000, held: Number.MAX_SAFE_INTEGER };
  const { credentials } = config;
  return { type: "start", folder: "", claim, config: "", credentials, secrets: { "env:GIT_TOKEN": token }, ...times };
}

test("one build is dispatched once, however often it is delivered, also after a restart", async () => {
  await deliver(built("build-1"));
  await deliver(built("build-1"));
  const first = await work(bed.store);
  expect(first).toMatchObject({ state: "succeeded" });
  expect(await work(bed.store)).toEqual(first);
  await deliver(built("build-1"));
  expect(await work(await bed.again())).toEqual(first);
  expect(world.github.dispatched("acme/app")).toEqual([
    {
      event_type: "QUAY_BUILD_SUCCESS",
      client_payload: { text: "42d4a62", digest, tags: "1.4.3,latest", ref: "refs/heads/main" },
    },
  ]);
  await deliver(built("build-2"));
  await work(bed.store);
  expect(world.github.dispatched("acme/app")).toHaveLength(2);
});

test("a value that a build has not is left out of the payload where it stands alone, and refuses the run behind a filter", async () => {
  expect(await deliver(built("build-1", { digest: null, ref: null }))).toEqual([]);
  await work(bed.store);
  expect(world.github.dispatched("acme/app")).toEqual([
    { event_type: "QUAY_BUILD_SUCCESS", client_payload: { text: "42d4a62", tags: "1.4.3,latest" } },
  ]);
  expect(await deliver(built("build-2", { commit: null }))).toEqual(["quay refused: the event has no commit"]);
  expect(await work(bed.store)).toBeUndefined();
});

test("a run that loses its process after it has dispatched finds the workflow's run, and dispatches once", async () => {
  await deliver(built("build-1"));
  await work(bed.store, true);
  expect(await work(bed.store)).toMatchObject({ state: "succeeded", result: { run: { conclusion: null } } });
  expect(world.github.dispatched("acme/app")).toHaveLength(1);
});

test("a run that waits for a workflow rests without a process, and an event of the workflow's run wakes it", async () => {
  await deliver(pushed());
  const waiting = await work(bed.store);
  const [run, ...others] = world.github.workflowRuns("acme/app");
  expect({ waiting, others }).toEqual({
    waiting: {
      state: "waiting",
      for: `run ${world.github.url}/acme/app/actions/runs/${run!.id}`,
      wakeOn: { kind: "workflow", repository: world.app, id: String(run!.id), state: "completed" },
      untilMilliseconds: 30_000,
    },
    others: [],
  });
  world.advance({ conclusion: "success" });
  const done = { state: "completed", conclusion: "success" } as const;
  await deliver({ ...eventKinds.workflow.sample, ...done, repository: world.app, id: String(run!.id) });
  expect(await work(await bed.again())).toMatchObject({
    state: "succeeded",
    result: { run: { id: String(run!.id), conclusion: "success" } },
  });
  expect(world.github.workflowRuns("acme/app")).toHaveLength(1);
});

test("a workflow that fails ends the run for good, with its last lines in the log", async () => {
  await deliver(pushed());
  await work(bed.store);
  const text = "2026-11-30T12:00:00.0000000Z ##[error]no such host";
  world.advance({ conclusion: "failure", jobs: [{ name: "deploy", conclusion: "failure", log: text }] });
  const ending = await work(bed.store);
  expect(ending).toMatchObject({ state: "failed", retry: false, error: { code: "workflow_failed" } });
  expect(log.at(-1)).toBe("  | error: no such host");
});
