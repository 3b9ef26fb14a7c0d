import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/core/event.ts";
import type { Ending, RunError } from "../../../webhook/store.ts";
import {
  attemptOnClaim,
  backoffAfter,
  lapsedEnding,
  longestBackoff,
  settleRun,
  stateOnCancel,
  type EndingFacts,
  type RunningRun,
  type SettledRun,
} from "../../../webhook/stores/lifecycle/ending.ts";
import { idAt, runNotFound, runTaken } from "../../../webhook/stores/lifecycle/id.ts";
import { enterLane, nextInLane, policyInLane, spanEvents } from "../../../webhook/stores/lifecycle/lane.ts";
import { isNamedIn, isWaitedFor, kindsOf } from "../../../webhook/stores/lifecycle/wake.ts";
import { push } from "./bed.ts";

const earlier: RunError = { code: "unavailable", message: "earlier" };
const error: RunError = { code: "unavailable", message: "push: 503" };
const run: RunningRun = { policy: "every", attempt: 1, maxAttempts: 3, cancelRequested: false, error: earlier };
const newest: RunningRun = { ...run, policy: "newest" };
const canceled: RunningRun = { ...run, cancelRequested: true };
const last: RunningRun = { ...run, attempt: 3 };
const facts: EndingFacts = { successorQueued: false, wakeCame: false, now: 1_000_000, random: 0.5 };
const successor: EndingFacts = { ...facts, successorQueued: true };

const failed: Ending = { state: "failed", retry: true, error };
const forGood: Ending = { ...failed, retry: false };
const givenBack: Ending = { state: "queued", reason: "its worker was stopped" };
const waiting: Ending = { state: "waiting", for: "a merge", wakeOn: { kind: "push" }, untilMilliseconds: 600.4 };
const succeeded: Ending = { state: "succeeded", result: { tag: "1" } };

/** A settlement by what it has besides its state: the rest is cleared, and the error of an earlier attempt stays. */
const written = (state: SettledRun["state"], more: Partial<SettledRun> = {}): SettledRun => ({
  ...{ state, attempt: 1, dueAt: undefined, reason: undefined, outdated: false, wakeOn: undefined, result: undefined, error: earlier },
  ...more,
});

describe("an attempt that ends", () => {
  test.each<[string, RunningRun, Ending, EndingFacts, SettledRun]>([
    [
      "succeeded: the result is kept, the earlier error is not",
      run,
      succeeded,
      facts,
      written("succeeded", { result: { tag: "1" }, error: undefined }),
    ],
    [
      "succeeded after it was to be canceled: it has succeeded",
      canceled,
      succeeded,
      facts,
      written("succeeded", { result: { tag: "1" }, error: undefined }),
    ],
    [
      "skipped as out of date: the reason is kept, the earlier error is not",
      run,
      { state: "skipped", reason: "main is gone", outdated: true },
      facts,
      written("skipped", { reason: "main is gone", outdated: true, error: undefined }),
    ],
    [
      "skipped as nothing was to be done: the reason is kept, the earlier error is not",
      run,
      { state: "skipped", reason: "no path", outdated: false },
      facts,
      written("skipped", { reason: "no path", error: undefined }),
    ],
    ["canceled: the earlier error stays", run, { state: "canceled" }, facts, written("canceled")],
    ["failed for good: it has failed", run, forGood, facts, written("failed", { error })],
    ["failed for good with a successor: it has failed", newest, forGood, successor, written("failed", { error })],
    [
      "failed, attempts are left: it is queued after half of the first back-off",
      run,
      failed,
      facts,
      written("queued", { dueAt: 1_002_500, reason: "attempt 1 of 3: push: 503", error }),
    ],
    ["failed at its last attempt: it is parked", last, failed, facts, written("parked", { attempt: 3, error })],
    ["failed, a newer one of newest is queued: it is superseded", newest, failed, successor, written("superseded", { error })],
    [
      "failed at its last attempt, a newer one of newest is queued: it is superseded",
      { ...newest, attempt: 3 },
      failed,
      successor,
      written("superseded", { attempt: 3, error }),
    ],
    [
      "failed, another one of every is queued: it is queued again before that",
      run,
      failed,
      successor,
      written("queued", { dueAt: 1_002_500, reason: "attempt 1 of 3: push: 503", error }),
    ],
    ["failed, and was to be canceled: it is canceled", canceled, failed, facts, written("canceled", { error })],
    [
      "given back: it is queued at once, and the attempt does not count",
      run,
      givenBack,
      facts,
      written("queued", { dueAt: 1_000_000, attempt: 0, reason: "its worker was stopped" }),
    ],
    ["given back, a newer one of newest is queued: it is superseded", newest, givenBack, successor, written("superseded")],
    ["given back, and was to be canceled: it is canceled", { ...newest, cancelRequested: true }, givenBack, successor, written("canceled")],
    [
      "waiting: until then, in whole milliseconds",
      run,
      waiting,
      facts,
      written("waiting", { dueAt: 1_000_600, reason: "a merge", wakeOn: { kind: "push" } }),
    ],
    [
      "waiting for what has come meanwhile: it goes on at once",
      run,
      waiting,
      { ...facts, wakeCame: true },
      written("waiting", { dueAt: 1_000_000, reason: "a merge", wakeOn: { kind: "push" } }),
    ],
    [
      "waiting, a newer one of newest is queued: it waits",
      newest,
      waiting,
      successor,
      written("waiting", { dueAt: 1_000_600, reason: "a merge", wakeOn: { kind: "push" } }),
    ],
    ["waiting, and was to be canceled: it is canceled", canceled, waiting, { ...facts, wakeCame: true }, written("canceled")],
  ])("the end of an attempt, %s", (_, given, ending, seen, expected) => {
    expect(settleRun(given, ending, seen)).toEqual(expected);
  });

  test("an attempt whose lease is over failed, and may be tried again", () => {
    expect(lapsedEnding("worker-7")).toEqual({
      ...{ state: "failed", retry: true },
      error: { code: "unavailable", message: "run pipeline: worker worker-7 was not heard of for too long" },
    });
  });
});

test("a back-off doubles with each attempt up to five minutes, and chance takes its share of it", () => {
  const most = (attempt: number): number => backoffAfter(attempt, 1);
  expect([1, 2, 3, 4, 5, 6, 7, 8, 20].map(most)).toEqual([
    5_000,
    10_000,
    20_000,
    40_000,
    80_000,
    160_000,
    300_000,
    300_000,
    longestBackoff,
  ]);
  expect([backoffAfter(3, 0), backoffAfter(3, 0.25), backoffAfter(1, 0.33333)]).toEqual([0, 5_000, 1_667]);
});

test("a claim of a queued run is its next attempt, that of a waiting one the same attempt", () => {
  expect([attemptOnClaim("queued", 1), attemptOnClaim("waiting", 1)]).toEqual([2, 1]);
});

describe("a new run in a lane", () => {
  const running = { state: "running" } as const;
  const resting = { state: "waiting" } as const;
  const queued = { dueAt: 400 };
  const next = { supersedes: false, cancelsHolder: false, dueAt: 500, isNext: true };
  const behind = { ...next, isNext: false };
  const replaces = { supersedes: true, cancelsHolder: false, dueAt: 400, isNext: true };

  test.each<[string, Parameters<typeof enterLane>[0], Parameters<typeof enterLane>[1], ReturnType<typeof enterLane>]>([
    ["every, empty: it is next", { policy: "every", cancelRunning: false }, { holder: undefined, first: undefined }, next],
    ["every, one is queued: it is behind that", { policy: "every", cancelRunning: false }, { holder: undefined, first: queued }, behind],
    ["every, one runs: it is behind that", { policy: "every", cancelRunning: false }, { holder: running, first: undefined }, behind],
    ["every never cancels what runs", { policy: "every", cancelRunning: true }, { holder: running, first: queued }, behind],
    ["newest, empty: it is next", { policy: "newest", cancelRunning: false }, { holder: undefined, first: undefined }, next],
    [
      "newest, one is queued: it takes its place",
      { policy: "newest", cancelRunning: false },
      { holder: undefined, first: queued },
      replaces,
    ],
    [
      "newest, one rests in back-off: it starts at once",
      { policy: "newest", cancelRunning: false },
      { holder: undefined, first: { dueAt: 9_000 } },
      { ...replaces, dueAt: 500 },
    ],
    ["newest, one runs: it is behind that", { policy: "newest", cancelRunning: false }, { holder: running, first: undefined }, behind],
    [
      "newest, one runs and one is queued: it takes the place behind",
      { policy: "newest", cancelRunning: false },
      { holder: running, first: queued },
      { ...replaces, isNext: false },
    ],
    [
      "newest with cancelRunning, one runs: that is asked to stop, and holds the lane until then",
      { policy: "newest", cancelRunning: true },
      { holder: running, first: undefined },
      { ...behind, cancelsHolder: true },
    ],
    [
      "newest with cancelRunning, one waits: that is canceled, and the new one is next",
      { policy: "newest", cancelRunning: true },
      { holder: resting, first: queued },
      { ...replaces, cancelsHolder: true },
    ],
    [
      "newest without cancelRunning, one waits: it is behind that",
      { policy: "newest", cancelRunning: false },
      { holder: resting, first: undefined },
      behind,
    ],
  ])("a new run in a lane, %s", (_, given, lane, expected) => {
    expect(enterLane(given, lane, 500)).toEqual(expected);
  });

  test("a new run has its own policy in an empty lane, else that of the runs that have not ended", () => {
    expect([policyInLane("newest", undefined), policyInLane("newest", "every"), policyInLane("every", "newest")]).toEqual([
      "newest",
      "every",
      "newest",
    ]);
  });

  test("the first queued run of a lane is next when nothing runs or waits there", () => {
    expect([
      nextInLane({ holder: undefined, first: "a" }),
      nextInLane({ holder: running, first: "a" }),
      nextInLane({ holder: resting, first: "a" }),
    ]).toEqual(["a", undefined, undefined]);
    expect(nextInLane({ holder: undefined, first: undefined })).toBeUndefined();
  });
});

test("cancel asks a running run's worker, ends what waits or is queued, and refuses what has ended", () => {
  expect([stateOnCancel("r", "running"), stateOnCancel("r", "waiting"), stateOnCancel("r", "queued")]).toEqual([
    "running",
    "canceled",
    "canceled",
  ]);
  for (const state of ["succeeded", "failed", "parked", "canceled", "superseded", "skipped"] as const)
    expect(() => stateOnCancel("r", state)).toThrow(`cancel run: r has already ended as ${state}`);
});

test("a run waits for an event if all fields that it names are the same", () => {
  expect(
    [
      { kind: "push" },
      { kind: "push", branch: "main" },
      { kind: "push", branch: "main", before: null },
      { kind: "push", branch: "next" },
      { kind: "push", before: "x" },
      { kind: "tag", repository: push.repository },
    ].map((wanted) => isWaitedFor(wanted as Parameters<typeof isWaitedFor>[0], push)),
  ).toEqual([true, true, true, false, false, false]);
});

test("a run that waits for any of several events is woken by each, and by no other", () => {
  const wanted = [{ kind: "image", image: "ghcr.io/acme/app" } as const, { kind: "push", branch: "main" } as const];
  expect([isWaitedFor(wanted, push), isWaitedFor(wanted, { ...push, branch: "next" }), kindsOf(wanted)]).toEqual([
    true,
    false,
    ["image", "push"],
  ]);
  expect([isNamedIn(wanted, { image: "ghcr.io/acme/app:1" }), isNamedIn(wanted, { image: "ghcr.io/acme/app-evil:1" })]).toEqual([
    true,
    false,
  ]);
});

test("an id is a UUID of version 7: its time is in front, and the rest is the other's", () => {
  expect(idAt(Date.UTC(2026, 10, 21, 10), "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")).toBe("01a1fd8c-6900-7bad-9bdd-2b0d7b3dcb6d");
});

test("an unknown run and a lost claim are told in the same words by every store", () => {
  expect([runNotFound("cancel run", "r"), runTaken("end run", "r")].map(({ code, message, hint }) => ({ code, message, hint }))).toEqual([
    { code: "not_found", message: "cancel run: there is no run r", hint: "list those that there are: fairlead runs list" },
    { code: "conflict", message: "end run: run r was taken from this worker", hint: "stop it: another goes on with the run" },
  ]);
});

test("a run that stands for several pushes of a branch begins at the head before the first, or nobody knows where", () => {
  const pushed = (commit: string, before: string | null, branch = "main") => ({
    ...({ kind: "push", source: "s", delivery: null, repository: "github.com/acme/app", branch, commit, before } as const),
  });
  const before = (event: Event, other: Event): unknown => (spanEvents(event, other) as { before?: unknown }).before;
  expect(before(pushed("2", "1"), pushed("1", "0"))).toBe("0");
  expect(before(pushed("1", "0"), pushed("2", "1"))).toBe("0"); // the older one came later
  expect(before(pushed("3", "2"), pushed("1", "0"))).toBe(null); // what is between was lost
  expect(before(pushed("2", "1"), pushed("1", null))).toBe(null);
  expect(before(pushed("2", "0"), pushed("1", "0"))).toBe("0");
  expect(before(pushed("2", "1"), pushed("1", "0", "next"))).toBe("1");
});
