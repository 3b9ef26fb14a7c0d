import { expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import { routeEvents } from "../../../webhook/routing/route.ts";
import { commit, configOf, push } from "./reporting.ts";

const image = { kind: "image", source: "hub", delivery: null, image: "ghcr.io/acme/app", tag: "2", digest: null } as const;
const subject = { repository: "github.com/acme/app", commit };

/** Returns what is told of the run that an event makes. */
function reportsOf(more: string, routeMore = "", event: typeof push | typeof image = push): unknown {
  return routeEvents(configOf(more, routeMore), event.source, [event]).runs[0]?.reports;
}

test("a configuration without reports tells nothing: nobody's commits change by an upgrade", () => {
  expect(reportsOf("")).toBeUndefined();
});

test("auto is a status where a token is the credential", () => {
  expect(reportsOf("reports: auto")).toEqual({ reporters: ["status"], subject });
  expect(reportsOf("reports: [auto]")).toEqual({ reporters: ["status"], subject });
});

test("auto is decided by the result where the event names no repository", () => {
  expect(reportsOf("reports: auto", "", image)).toEqual({ reporters: ["auto"], subject: undefined });
});

test("a route says for itself by whom its runs are told, and by nobody", () => {
  expect(reportsOf("", "reports: [auto]")).toEqual({ reporters: ["status"], subject });
  expect(reportsOf("reports: auto", "reports: []")).toBeUndefined();
});

test("a name that no reporter has is an error with its place", () => {
  expect(() => configOf("reports: [statsu]")).toThrow(FairleadError);
  expect(() => configOf("reports: [statsu]")).toThrow(/^fairlead\.yaml:\d+:\d+ reports/);
});
