import { expect, test } from "vitest";
import { formatPath } from "../../../src/config/problem.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { reportedAt, tells } from "../../../webhook/config/own-reports.ts";
import type { WrittenRoute } from "../../../webhook/config/routes.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

const [app, fleet, image] = ["github.com/acme/app", "github.com/acme/fleet", "ghcr.io/acme/app"];
const push = (repository: string | readonly string[]) => ({ source: "ci", kind: "push", repository, branch: "main" });
const pushed = (tag: string | readonly string[]) => ({ source: "ci", kind: "image", image, tag });
const deploy = (fluxRepository: string, more: object = {}) => ({
  run: "deploy",
  with: { images: [`${image}:1`], fluxRepository, ...more },
});
const build = { run: "build", with: { repository: app, image: `${image}:main` } };
const retag = (tag: string) => ({ run: "retag", with: { source: `${image}:main`, tags: [tag] } });

function warningsOf(...routes: readonly object[]): readonly string[] {
  const named = routes.map((route, at) => ({ name: `r${at}`, ...route }));
  const text = JSON.stringify({ version: 1, sources: { ci: { kind: "generic-hmac", secrets: "env:X" } }, routes: named });
  return readConfig(text, { path: "fairlead.yaml", receivers, pipelines }).warnings.map(
    ({ path, message }) => `${formatPath(path)}: ${message}`,
  );
}

const noRun = "what is all fairlead's own makes no run of it";
const noEnd = "name tags that it does not give, or its runs have no end";

test("a route that takes images without a tag is warned of the manifests of single platforms", () => {
  const { tag, ...untagged } = pushed("*");
  const other = { run: "notify", with: { message: "new", to: ["slack:C024BE91L"] } };
  expect(warningsOf({ when: untagged, ...other }, { when: { ...untagged, tag }, ...other })).toEqual([
    'routes[0]: route "r0" takes each platform\'s manifest of an image too, which has no tag: give when a tag, such as "*"',
  ]);
});

test.each<[string, readonly object[], readonly string[]]>([
  [
    "a route that deploys to the repository of its pushes",
    [{ when: push(app), ...deploy(app) }],
    [`routes[0]: route "r0" writes what it listens to: ${noRun}`],
  ],
  [
    "a route that does so by the event's repository",
    [{ when: push([fleet, app]), ...deploy("${{ event.repository }}") }],
    [`routes[0]: route "r0" writes what it listens to: ${noRun}`],
  ],
  [
    "a route that names it otherwise",
    [{ when: push("GitHub.com/Acme/App"), ...deploy("https://github.com/acme/app.git") }],
    [`routes[0]: route "r0" writes what it listens to: ${noRun}`],
  ],
  ["a route that deploys to another branch of its repository", [{ when: push(app), ...deploy(app, { fluxBranch: "flux" }) }], []],
  [
    "a route that deploys to the branch of its pushes",
    [{ when: push(app), ...deploy(app, { fluxBranch: "main" }) }],
    [`routes[0]: route "r0" writes what it listens to: ${noRun}`],
  ],
  [
    "a route that takes fairlead's own branches and deploys to another branch",
    [{ when: { ...push(app), branch: ["**", "!flux"] }, ...deploy(app, { fluxBranch: "flux" }) }],
    [`routes[0]: route "r0" writes what it listens to: ${noRun}`],
  ],
  [
    "a route that takes all branches but the one to which it commits",
    [{ when: { ...push(app), branch: ["**", "!flux"] }, ...deploy(app, { fluxBranch: "flux", direct: true }) }],
    [],
  ],
  [
    "a route that takes merges into another branch than it deploys to",
    [
      {
        when: { source: "ci", kind: "pull-request", repository: app, base: "main", action: "merged" },
        ...deploy(app, { fluxBranch: "flux" }),
      },
    ],
    [],
  ],
  [
    "two routes that start each other",
    [
      { when: push(app), ...build },
      { when: pushed("*"), ...deploy(app) },
    ],
    [`routes[0]: route "r0" starts itself again by route "r1": ${noRun}`],
  ],
  [
    "a route that retags what it listens to",
    [{ when: pushed("*"), ...retag("x-${{ event.tag }}") }],
    [`routes[0]: route "r0" writes what it listens to: ${noEnd}`],
  ],
  ["a route that gives another tag than it listens to", [{ when: pushed("main"), ...retag("dev") }], []],
  [
    "a route that gives a tag which it listens to",
    [{ when: pushed(["main", "dev"]), ...retag("dev") }],
    [`routes[0]: route "r0" writes what it listens to: ${noEnd}`],
  ],
  [
    "routes in a row",
    [
      { when: push(app), ...build },
      { when: pushed("main"), ...deploy(fleet) },
    ],
    [],
  ],
  [
    "a route that takes every check of its repository, and reports its own there",
    [{ when: { source: "ci", kind: "check", repository: app, state: "success" }, ...build }],
    [`routes[0]: route "r0" writes what it listens to: ${noRun}`],
  ],
  [
    "a route that takes checks of others",
    [{ when: { source: "ci", kind: "check", repository: app, state: "success", context: ["ci/**", "fairlead/deploy (r1)"] }, ...build }],
    [],
  ],
  [
    "two routes that take each other's checks",
    [
      { when: { source: "ci", kind: "check", repository: app, state: "success", context: "fairlead/deploy (r1)" }, ...build },
      { when: { source: "ci", kind: "check", repository: app, state: "success", context: "fairlead/build (r0)" }, ...deploy(fleet) },
    ],
    [`routes[0]: route "r0" starts itself again by route "r1": ${noRun}`],
  ],
])("%s is warned of where it could loop", (_what, routes, warnings) => expect(warningsOf(...routes)).toEqual(warnings));

test("a route is told of its own deployments where it makes them in the environment to which it listens", () => {
  const route = (environment?: string): WrittenRoute => ({
    ...{ name: "r", run: "ship", cancelRunning: false, with: environment === undefined ? {} : { environment } },
    when: { source: "ci", kind: "deployment", repository: [app] },
  });
  const told = (own: string | undefined, listened?: string): boolean =>
    tells(reportedAt(route(own)), { ...route().when, ...(listened !== undefined && { environment: [listened] }) });
  expect([told("staging"), told("staging", "staging"), told("staging", "*"), told("${{ event.environment }}", "staging")]).toEqual([
    ...[true, true, true, true],
  ]);
  expect([told(undefined), told("production", "staging")]).toEqual([false, false]);
});

test("shared paths without paths are an error with their place", () => {
  expect(() => warningsOf({ when: { ...push(app), shared: "libs/**" }, ...build })).toThrow(
    /routes\[0\]\.when\.shared: it adds to paths, and there are none/,
  );
});
