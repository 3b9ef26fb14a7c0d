import { describe, expect, test } from "vitest";
import { FairleadError, type ErrorCode } from "../../../src/core/errors.ts";
import type { Event } from "../../../src/core/event.ts";
import { subjectOf } from "../../../webhook/report/subject.ts";
import { tell } from "../../../webhook/report/tell.ts";
import { reportAccess } from "../../../webhook/worker/report-access.ts";
import { commit, configOf, deployed, orderOf, push, remembering, storedRun } from "./reporting.ts";

const config = configOf();
const { signal } = new AbortController();
const origin = { source: "x", delivery: null };
const app = "github.com/acme/app";

test("a reporter is told the subject of the event and the whole state of the run", async () => {
  const reporter = remembering();
  const error = { code: "build_failed", message: "build app: exit code 1", place: { file: "Dockerfile", line: 5 } } as const;
  const input = { repository: "https://github.com/acme/app", image: "ghcr.io/acme/app", fluxRepository: "https://github.com/acme/fleet" };
  const run = storedRun({ pipeline: "ship", route: "main", event: push, input, state: "failed", result: undefined, error });
  const told = await tell(orderOf(run, { subject: { repository: app, commit, pullRequest: 3 } }), config, {
    reporters: [reporter],
    signal,
  });
  expect(told).toEqual({ report: { state: "sent" } });
  expect(reporter.told).toEqual([
    {
      subject: {
        run: run.id,
        repository: { host: "github.com", path: "acme/app", transport: "https", url: "https://github.com/acme/app", unsettled: true },
        commit,
        pullRequest: 3,
        environment: undefined,
      },
      view: {
        ...{ pipeline: "ship", route: "main", state: "failed", reason: undefined, error: { ...error, hint: undefined } },
        ...{ createdAt: new Date(0), startedAt: new Date(1), endedAt: new Date(2), rollout: undefined },
        facts: { images: [], pullRequest: undefined },
        outdated: false,
      },
    },
  ]);
});

test("a run that names an environment is told with it, and with its page for the repository", async () => {
  const reporter = remembering();
  const places = configOf(
    'environments: { staging: { fluxRepository: https://github.com/acme/fleet, url: "https://\${{ repository.name }}.stg.acme.dev" } }',
  );
  const run = storedRun({ input: { ...(storedRun().input as object), environment: "staging" } });
  await tell(orderOf(run), places, { reporters: [reporter], signal });
  expect(reporter.told.map(({ subject }) => subject.environment)).toEqual([{ name: "staging", url: "https://app.stg.acme.dev" }]);
});

test("a run of an image is about the commit from which that was built, as its result says", async () => {
  const reporter = remembering();
  const rollout = { state: "merged", commit: "e".repeat(40), message: undefined, at: new Date(3) } as const;
  await tell(orderOf(storedRun(), { rollout }), config, { reporters: [reporter], signal });
  const [{ subject, view } = { subject: undefined, view: undefined }] = reporter.told;
  expect([subject?.repository.path, subject?.commit, view?.rollout]).toEqual(["acme/app", commit, rollout]);
  expect(view?.facts).toEqual({
    images: [{ image: `ghcr.io/acme/app:2@sha256:${"1".repeat(64)}`, from: "ghcr.io/acme/app:1", source: { repository: app, commit } }],
    pullRequest: { repository: "github.com/acme/fleet", number: 7, url: "https://github.com/acme/fleet/pull/7" },
    merged: undefined,
  });
});

test.each([
  ["has not ended", { state: "running", result: undefined }],
  ["has a result of another form", { result: { images: 1 } }],
  ["has deployed what nobody knows the source of", { result: { ...(deployed as object), images: [] } }],
] as const)("a run of an image that %s has no subject, and nothing is told", async (_, more) => {
  const reporter = remembering();
  expect(await tell(orderOf(storedRun(more)), config, { reporters: [reporter], signal })).toEqual({ report: { state: "nothing" } });
  expect(reporter.told).toEqual([]);
});

test.each<[ErrorCode, boolean]>([
  ["unavailable", true],
  ["conflict", true],
  ["forbidden", false],
  ["unsupported", false],
  ["not_found", false],
  ["unauthenticated", false],
])("a reporter that ends with %s is tried again: %s", async (code, retry) => {
  const reporter = remembering(() => Promise.reject(new FairleadError(code, "set status: no")));
  const told = await tell(orderOf(storedRun()), config, { reporters: [reporter], signal });
  expect(told).toEqual({ report: { state: "failed", retry, error: { code, message: "set status: no", hint: undefined } } });
});

test("a reporter that is not in the list, and one that asks another server, cannot be told", async () => {
  const other = remembering((ctx) => Promise.resolve(void ctx.gitProvider("gitlab.com")));
  const tried = [orderOf(storedRun(), { reporter: "check" }), orderOf(storedRun())];
  const told = await Promise.all(tried.map((order) => tell(order, config, { reporters: [other], signal })));
  expect(told.map((each) => "report" in each && each.report.state === "failed" && each.report.error.message)).toEqual([
    "report run: there is no reporter check",
    "use Git provider gitlab.com: the report is about github.com",
  ]);
});

test("a report is given the credentials that open its repository alone, and no secret of another place", () => {
  const shipped = { repository: "https://github.com/acme/app", image: "ghcr.io/acme/app", fluxRepository: "https://github.com/acme/fleet" };
  const of = (route: string, repository: string, inForce = config): readonly string[] =>
    reportAccess(config, inForce, storedRun({ route, ...(route === "main" && { input: shipped }) }), repository).references;
  expect(of("main", app)).toEqual(["env:ALL", "env:APP"]);
  expect(of("images", app)).toEqual(["env:ALL", "env:APP"]);
  expect(of("images", "github.com/acme/fleet")).toEqual(["env:OWN", "env:ALL", "env:FLEET"]);
});

test("a report of an older run is opened by the configuration in force, without what has left it", () => {
  const other = configOf("", "", { APP: "NEW", OWN: "OTHER" });
  const of = (repository: string): readonly string[] => reportAccess(config, other, storedRun(), repository).references;
  expect(of(app)).toEqual(["env:ALL", "env:NEW"]);
  expect(of("github.com/acme/fleet")).toEqual(["env:ALL", "env:FLEET"]);
});

describe("subjects", () => {
  const pull = { ...origin, kind: "pull-request", repository: app, number: 7, branch: "x", commit, base: "main", fork: false } as const;
  const deployment = {
    ...origin,
    kind: "deployment",
    repository: app,
    id: "1",
    environment: "prod",
    state: "queued",
    commit,
    ref: "main",
  } as const;
  const build = {
    ...origin,
    kind: "image-build",
    id: "1",
    image: "quay.io/acme/app",
    tags: [],
    digest: null,
    ref: null,
    state: "succeeded",
  } as const;
  test.each<[string, Event, object | undefined]>([
    ["a push is its commit", push, { repository: app, commit }],
    ["a tag is its commit", { ...origin, kind: "tag", repository: app, tag: "v1", commit }, { repository: app, commit }],
    ["a tag without a commit is nothing", { ...origin, kind: "tag", repository: app, tag: "v1", commit: null }, undefined],
    ["a pull request is its head", { ...pull, action: "updated" }, { repository: app, commit, pullRequest: 7 }],
    ["a merge is its commit", { ...pull, action: "merged", mergeCommit: "e" }, { repository: app, commit: "e", pullRequest: 7 }],
    [
      "a deployment has its environment",
      { ...deployment, url: null },
      { repository: app, commit, environment: { name: "prod", url: null }, deployment: { id: 1, environment: "prod" } },
    ],
    [
      "a deployment may name its pull request",
      { ...deployment, url: "https://a.dev", pullRequest: 7 },
      {
        ...{ repository: app, commit, pullRequest: 7 },
        environment: { name: "prod", url: "https://a.dev" },
        deployment: { id: 1, environment: "prod" },
      },
    ],
    ["a build of a registry names its commit", { ...build, repository: app, commit }, { repository: app, commit }],
    ["a build of a registry may name none", { ...build, repository: null, commit: null }, undefined],
    ["an image is nothing yet", storedRun().event, undefined],
  ])("the subject of an event: %s", (_, event, subject) => {
    expect(subjectOf(event)).toEqual(subject);
  });
});
