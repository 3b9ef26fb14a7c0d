import { z } from "zod";
import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/core/event.ts";
import { FairleadError } from "../../../src/core/errors.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { configJsonSchema } from "../../../webhook/config/json-schema.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import type { Receiver } from "../../../webhook/receiver/receiver.ts";
import { eventFields, isMapping } from "../../../webhook/routing/event-fields.ts";
import { conditionsOf, eventKindNames, eventKinds } from "../../../webhook/routing/event-kinds.ts";
import { routeEvents } from "../../../webhook/routing/route.ts";
import { isWaitedFor } from "../../../webhook/stores/lifecycle/wake.ts";

/** A kind of source that makes events of every kind. */
const everything: Receiver = {
  ...{ name: "everything", events: eventKindNames, headers: [], docs: { configured: "", proof: "", setUp: "" } },
  ...{ limit: 1, options: z.strictObject({}), contentTypes: () => [], proof: () => "secret", prove: () => undefined },
  ...{ proofHeaders: [], uniqueBodies: false },
  ...{ deliveryId: () => null, parse: () => ({ ignored: "nothing" }) },
};
const kinds = { receivers: [everything], pipelines };
const sources = { all: { kind: "everything", secrets: "env:ALL" } };

const readRoutes = (...routes: readonly object[]): ListenerConfig =>
  readConfig(JSON.stringify({ version: 1, sources, routes }), { path: "fairlead.yaml", ...kinds });

function problemsOf(...routes: readonly object[]): readonly string[] {
  try {
    readRoutes(...routes);
  } catch (error) {
    if (error instanceof FairleadError && error.code === "input") return error.fields.map(({ message }) => message.replace(/^\S+ /, ""));
    throw error;
  }
  return [];
}

/** A route that names each condition of a kind by the value of its sample, and each field of the event in its message. */
function routeOf(kind: Event["kind"], more: object = {}): object {
  const sample = { ...eventKinds[kind].sample } as unknown as Readonly<Record<string, unknown>>;
  const conditions = Object.keys(conditionsOf(kind)).map((field): readonly [string, unknown] => [field, sample[field]]);
  const message = eventFields(kind).map((field) => `\${{ event.${field}${isMapping(kind, field) ? ".version" : ""} }}`);
  return {
    ...{ name: `on-${kind}`, run: "notify", with: { message: message.join(" "), to: ["slack:C024BE91L"] } },
    ...{ when: { source: "all", kind, ...Object.fromEntries(conditions) }, ...more },
  };
}

/** The sample of a kind as it may be sent: a mapping has a value. */
const sampleOf = (kind: Event["kind"]): Event =>
  kind === "call" ? { ...eventKinds.call.sample, input: { version: "1.5.0" } } : eventKinds[kind].sample;

test("an event of each kind is routed by all its conditions, and each of its fields can be told", () => {
  const config = readRoutes(...eventKindNames.map((kind) => routeOf(kind)));
  const told = eventKindNames.map((kind) => {
    const [run, ...others] = routeEvents(config, "all", [sampleOf(kind)]).runs;
    expect(others).toEqual([]);
    return `${run?.policy} | ${run?.lane} | ${(run?.input as { message: string }).message.replaceAll(/72d3162e\S+|0123456789abc\S+|0{64}/g, "…")}`;
  });
  expect(told).toMatchInlineSnapshot(`
    [
      "newest | on-push github.com/acme/app main | example … github.com/acme/app main … …",
      "every | on-tag github.com/acme/app v1.2.3 | example … github.com/acme/app v1.2.3 …",
      "newest | on-pull-request github.com/acme/app #7 | example … github.com/acme/app 7 merged topic … main false …",
      "every | on-release github.com/acme/app v1.2.3 | example … github.com/acme/app v1.2.3 published false",
      "every | on-comment github.com/acme/app #7 | example … github.com/acme/app 7 octocat unknown /deploy",
      "every | on-check github.com/acme/app 0123456789abcdef0123456789abcdef01234567 | example … github.com/acme/app … ci/test success false",
      "every | on-workflow github.com/acme/app CI | example … github.com/acme/app 30433642 CI completed success … false",
      "every | on-deployment github.com/acme/app production | example … github.com/acme/app 145988746 production success … main https://app.example.com topic 7 false",
      "every | on-installation github.com/acme | example … github.com/acme added github.com/acme/app",
      "every | on-image ghcr.io/acme/app | example … ghcr.io/acme/app 1.2.3 sha256:…",
      "every | on-image-build quay.io/acme/app | example … 8a1c0bd2 quay.io/acme/app 1.2.3,latest sha256:… github.com/acme/app refs/heads/main … succeeded",
      "every | on-reconciliation Kustomization/flux-system/apps | example … Kustomization/flux-system/apps main@sha1:… true applied",
      "every | on-stage app | example … app deploy succeeded …",
      "every | on-approval 019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d | example … 019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d … octocat approved",
      "every | on-call | example … 1.5.0",
      "every | on-rerun 019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d | example … 019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d github.com/acme/app … 123456 octocat",
    ]
  `);
});

test("a condition that an event does not fulfil says why, for each kind", () => {
  const wrong: Readonly<Record<string, unknown>> = {
    ...{ repository: "github.com/acme/web", image: "ghcr.io/acme/web", branch: "x", tag: "x", base: "x", action: "x", object: "x" },
    ...{ ready: false, pipeline: "x", stage: "x", state: "x", prerelease: true, environment: "x", name: "x", conclusion: "x" },
    ...{ context: "x", verdict: "x", account: "x" },
  };
  const why = eventKindNames.flatMap((kind) =>
    Object.keys(conditionsOf(kind)).map((field) => {
      const event = { ...eventKinds[kind].sample, [field]: wrong[field] } as Event;
      const [verdict] = routeEvents(readRoutes(routeOf(kind)), "all", [event]).verdicts;
      return `${kind}: ${verdict?.outcome === "passed" ? verdict.why : verdict?.outcome}`;
    }),
  );
  expect(why).toMatchInlineSnapshot(`
    [
      "push: repository is "github.com/acme/web", not github.com/acme/app",
      "push: branch is "x", not main",
      "tag: repository is "github.com/acme/web", not github.com/acme/app",
      "tag: tag is "x", not v1.2.3",
      "pull-request: repository is "github.com/acme/web", not github.com/acme/app",
      "pull-request: base is "x", not main",
      "pull-request: branch is "x", not topic",
      "pull-request: action is "x", not merged",
      "release: repository is "github.com/acme/web", not github.com/acme/app",
      "release: tag is "x", not v1.2.3",
      "release: action is "x", not published",
      "release: prerelease is true, not false",
      "comment: repository is "github.com/acme/web", not github.com/acme/app",
      "check: repository is "github.com/acme/web", not github.com/acme/app",
      "check: context is "x", not ci/test",
      "check: state is "x", not success",
      "workflow: repository is "github.com/acme/web", not github.com/acme/app",
      "workflow: name is "x", not CI",
      "workflow: state is "x", not completed",
      "workflow: conclusion is "x", not success",
      "deployment: repository is "github.com/acme/web", not github.com/acme/app",
      "deployment: environment is "x", not production",
      "deployment: state is "x", not success",
      "installation: account is "x", not github.com/acme",
      "installation: action is "x", not added",
      "image: image is "ghcr.io/acme/web", not ghcr.io/acme/app",
      "image: tag is "x", not 1.2.3",
      "image-build: image is "ghcr.io/acme/web", not quay.io/acme/app",
      "image-build: state is "x", not succeeded",
      "reconciliation: object is "x", not Kustomization/flux-system/apps",
      "reconciliation: ready is false, not true",
      "stage: pipeline is "x", not app",
      "stage: stage is "x", not deploy",
      "stage: state is "x", not succeeded",
      "approval: verdict is "x", not approved",
    ]
  `);
});

test("a run waits for events of each kind by any of their fields", () => {
  for (const kind of eventKindNames) {
    const { delivery: _, source: __, ...pattern } = sampleOf(kind);
    expect(eventKindNames.filter((other) => isWaitedFor(pattern, sampleOf(other)))).toEqual([kind]);
    expect(isWaitedFor({ ...pattern, source: "another" }, sampleOf(kind))).toBe(false);
  }
});

test("the JSON Schema of a route has the conditions of each kind", () => {
  const schema = JSON.parse(configJsonSchema(kinds)) as {
    definitions: { when: { oneOf: { properties: Record<string, { const?: string }> }[] } };
  };
  const forms = schema.definitions.when.oneOf.map(({ properties: { source: _, kind, ...conditions } }) => [
    kind?.const,
    Object.keys(conditions),
  ]);
  const filters = { push: ["paths", "shared", "author"] }; // what no event holds
  const forks = ["pull-request", "check", "workflow", "deployment"];
  const conditions = eventKindNames.map((kind) => [
    kind,
    [...Object.keys(conditionsOf(kind)), ...(kind === "push" ? filters.push : []), ...(forks.includes(kind) ? ["forks"] : [])],
  ]);
  expect(forms).toEqual(conditions);
});

describe("routes by kind", () => {
  const build = { repository: "${{ event.repository }}", image: "ghcr.io/acme/app" };

  test("a route of a kind that its source never makes is an error with the kinds that it makes", () => {
    const one: Receiver = { ...everything, name: "one", events: ["image"] };
    const text = JSON.stringify({ version: 1, sources: { all: { kind: "one", secrets: "env:ONE" } }, routes: [routeOf("release")] });
    expect(() => readConfig(text, { path: "fairlead.yaml", receivers: [one, everything], pipelines })).toThrow(
      'routes[0].when.kind: source "all" makes no such events: expected image',
    );
  });

  test("a route of image builds is bound to its image: the repository in the event is no place to clone from", () => {
    expect(problemsOf(routeOf("image-build", { run: "build", with: build }))).toEqual([
      "routes[0].with.repository: a repository is written out, or is ${{ event.repository }} and nothing else",
    ]);
    expect(problemsOf(routeOf("release", { run: "build", with: build }))).toEqual([]);
    const image = "${{ event.image }}@${{ event.digest }}";
    expect(
      problemsOf(routeOf("image-build", { run: "deploy", with: { images: [image], fluxRepository: "github.com/acme/flux" } })),
    ).toEqual([]);
  });

  test("calls names the values of its input one by one", () => {
    const notify = (message: string): object => routeOf("call", { with: { message, to: ["slack:C024BE91L"] } });
    expect(problemsOf(notify("${{ event.input }}"))).toEqual([
      'routes[0].with.message: "input" holds several values: name one, as event.input.NAME',
    ]);
    expect(problemsOf(notify("${{ event.inptu.version }}"))).toEqual([
      'routes[0].with.message: an event of kind call has no field "inptu"; did you mean "input"?',
    ]);
    expect(problemsOf(routeOf("push", { with: { message: "${{ event.branch.name }}", to: ["slack:C024BE91L"] } }))).toEqual([
      'routes[0].with.message: "branch" is one value, and has no "name"',
    ]);
    const config = readRoutes(notify("${{ event.input.version }} ${{event.input.count}} ${{ event.input.go }}"));
    const call = (input: Extract<Event, { kind: "call" }>["input"]): readonly string[] => {
      const { runs, verdicts } = routeEvents(config, "all", [{ ...eventKinds.call.sample, input }]);
      return [
        ...runs.map((run) => (run.input as { message: string }).message),
        ...verdicts.flatMap((each) => ("why" in each ? [each.why] : [])),
      ];
    };
    expect(call({ version: "${{ event.delivery }}", count: 0, go: false })).toEqual(["${{ event.delivery }} 0 false"]);
    expect(call({ version: "1", count: 1 })).toEqual(["the event has no input.go"]);
    expect(call({ version: "1", count: null, go: true })).toEqual(["the event has no input.count"]);
    expect(call({ version: { of: "app" }, count: 1, go: true })).toEqual(["event.input.version is not text"]);
  });
});
