import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { approversAt } from "../../../src/config/approvers.ts";
import { FairleadError } from "../../../src/core/errors.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type Route } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

const pull = { source: "github", kind: "pull-request", repository: "github.com/acme/app", base: "main", action: "opened" };
const told = { run: "notify", with: { message: "hello", to: ["slack:C0123456789"] } };
const built = { run: "build", with: { repository: "https://github.com/acme/app", ref: "${{ event.commit }}", image: "ghcr.io/acme/app" } };

function routeOf(route: Readonly<Record<string, unknown>>): Route {
  const text = stringify({
    version: 1,
    sources: { github: { kind: "github", secrets: "env:HOOK_KEY" } },
    routes: [{ name: "app", when: pull, ...told, ...route }],
  });
  return readConfig(text, { path: "fairlead.yaml", receivers, pipelines }).routes[0]!;
}

function problemsOf(route: Readonly<Record<string, unknown>>): string {
  try {
    routeOf(route);
    return "no error";
  } catch (error) {
    return error instanceof FairleadError ? error.message.replace(/^fairlead\.yaml:\d+:\d+ /, "") : String(error);
  }
}

describe("the gate of a route", () => {
  test("it says who counts and how long, and adds its steps and what wakes them", () => {
    const { gate, pipeline } = routeOf({ gate: { approve: { github: "acme/release-team", right: "admin" }, timeout: "40d" } });
    expect(gate).toMatchObject({
      approve: { github: ["acme/release-team"], right: "admin" },
      timeoutMilliseconds: 40 * 86_400_000,
      forksOnly: false,
    });
    expect(pipeline.steps.map(({ name, needs, wakesOn }) => ({ name, needs, wakesOn })).slice(0, -1)).toEqual([
      {
        name: "approve",
        needs: ["pull-requests:read", "comments:read", "contents:read", "members:read"],
        wakesOn: ["approval", "comment", "pull-request"],
      },
    ]);
  });

  test("a build of forks has one without being told, for their commits alone, and no pipeline that only tells has", () => {
    const forks = { when: { ...pull, forks: true } };
    expect(routeOf({ ...built, ...forks }).gate).toMatchObject({ approve: {}, timeoutMilliseconds: 7 * 86_400_000, forksOnly: true });
    expect(routeOf({ ...built, ...forks, gate: { approve: { right: "maintain" } } }).gate).toMatchObject({
      approve: { right: "maintain" },
      forksOnly: false,
    });
    expect([routeOf(forks).gate, routeOf(built).gate]).toEqual([undefined, undefined]);
  });

  test.each([
    ["an event that names no commit", { when: { source: "github", kind: "release", repository: "github.com/acme/app" }, gate: { approve: {} } }, "routes[0].gate: an event of kind release names no commit to wait for"],
    ["an environment of a pull request", { gate: { approve: { environment: "production" } } }, "routes[0].gate.approve.environment: it is approved for a run of a workflow: expected kind workflow, not pull-request"],
    ["a team without its organization", { gate: { approve: { github: ["release-team"] } } }, "routes[0].gate.approve.github[0]: expected a team with its organization, such as acme/release-team"],
    ["a team that leads elsewhere", { gate: { approve: { github: ["acme/../x"] } } }, "routes[0].gate.approve.github[0]: expected a team with its organization, such as acme/release-team"],
    ["no team", { gate: { approve: { github: [] } } }, "routes[0].gate.approve.github: the list is empty"],
    ["a right that is too little", { gate: { approve: { right: "read" } } }, 'routes[0].gate.approve.right: expected write, maintain or admin'],
    ["a time without a unit", { gate: { approve: {}, timeout: 30 } }, "routes[0].gate.timeout: it has no unit: say 30m"],
    ["a provider that there is not", { gate: { approve: { nobody: ["acme/x"] } } }, "routes[0].gate.approve.nobody: there is no such field"],
  ])("a gate with %s is an error at its place", (_what, route, message) => {
    expect(problemsOf(route)).toContain(message);
  }); // prettier-ignore
});

test("whose approval counts is said for the repository's provider: another's teams are nobody there", () => {
  expect([
    approversAt("github", {}),
    approversAt("github", { github: ["acme/a"] }),
    approversAt("github", { github: ["acme/a"], right: "admin" }),
    approversAt("gitlab", { github: ["acme/a"] }),
  ]).toEqual([
    { right: "write", teams: [] },
    { right: undefined, teams: ["acme/a"] },
    { right: "admin", teams: ["acme/a"] },
    { right: undefined, teams: [] },
  ]);
});
