import { expect, test } from "vitest";
import { deliveryJson, logLineJson, runJson } from "../../webhook/resources.ts";
import type { StoredRun } from "../../webhook/store.ts";
import { delivery, push, run, start } from "./store/bed.ts";

const stored: StoredRun = {
  ...run("main github.com/acme/app main"),
  ...{ id: "r-1", delivery: "d-1", state: "queued", attempt: 0, fence: 0, createdAt: start },
  ...{
    startedAt: undefined,
    endedAt: undefined,
    reason: undefined,
    outdated: false,
    result: undefined,
    error: undefined,
    rerunOf: undefined,
  },
};

const common = {
  ...{ id: "r-1", delivery: "d-1", attempt: 0, fence: 0, createdAt: "2026-11-21T10:00:00.000Z" },
  ...{ pipeline: "ship", route: "main", lane: "main github.com/acme/app main", policy: "every", cancelRunning: false },
  ...{ event: push, input: { repository: "github.com/acme/app" }, configHash: "hash", maxAttempts: 2, timeoutMilliseconds: 60_000 },
};

test("the JSON of a run that was never claimed has null for all that it does not have", () => {
  expect(runJson(stored)).toEqual({
    ...{ ...common, state: "queued", startedAt: null, endedAt: null },
    ...{ reason: null, outdated: false, result: null, rerunOf: null, error: null },
  });
});

test("the JSON of a run that has failed has its error with a hint, or null for it", () => {
  const error = { code: "unavailable", message: "push: 503" } as const;
  expect(runJson({ ...stored, state: "parked", startedAt: start, endedAt: start, rerunOf: "r-0", error })).toEqual({
    ...{ ...common, state: "parked", startedAt: "2026-11-21T10:00:00.000Z", endedAt: "2026-11-21T10:00:00.000Z" },
    ...{ reason: null, outdated: false, result: null, rerunOf: "r-0", error: { ...error, hint: null } },
  });
  expect(runJson({ ...stored, error: { ...error, hint: "look" } })).toMatchObject({ error: { hint: "look" } });
});

test("the JSON of a delivery has its body only where it is asked for", () => {
  const { body, content: _, ...rest } = delivery("github-1");
  const listed = { ...rest, id: "d-1", receivedAt: start, runs: ["r-1"] };
  const json = {
    ...{ id: "d-1", source: "github-app", providerId: "github-1", receivedAt: "2026-11-21T10:00:00.000Z", runs: ["r-1"] },
    ...{ headers: { "x-github-event": "push" }, events: [push], refused: null },
  };
  expect([deliveryJson(listed), deliveryJson(listed, body)]).toEqual([json, { ...json, body: '{"ref":1}' }]);
});

test("the JSON of a line of a log has its time as text", () => {
  expect(logLineJson({ at: start, text: "run ship" })).toEqual({ at: "2026-11-21T10:00:00.000Z", text: "run ship" });
});
