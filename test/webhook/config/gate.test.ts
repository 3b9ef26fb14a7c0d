import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { approversAt } from "../../../src/config/approvers.ts";
import { FairleadError } from "../../../src/core/errors.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type Route } from "../../../webhook/config.ts";
import { fairlead } from "../../cli.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

const pull = { source: "github", kind: "pull-request", repository: "github.com/acme/app", base: "main", action: "opened" };
const told = { run: "notify", with: { message: "hello", to: ["slack:C0123456789"] } };
const built = { run: "build", with: { repository: "https://github.com/acme/app", ref: "${{ event.commit }}", image: "ghcr.io/acme/app" } };

type Fields = Readonly<Record<string, unknown>>;

function routeOf(route: Fields, more: Fields = {}): Route {
  const text = stringify({
    version: 1,
    sources: { github: { kind: "github", secrets: "env:HOOK_KEY" } },
    ...more,
    routes: [{ name: "app", when: pull, ...told, ...route }],
  });
  return readConfig(text, { path: "fairlead.yaml", receivers, pipelines }).routes[0]!;
}

function problemsOf(route: Fields, more?: Fields): string {
  try {
    routeOf(route, more);
    return "no error";
  } catch (error) {
    return error instanceof FairleadError ? error.message.replace(/^fairlead\.yaml:\d+:\d+ /, "") : String(error);
  }
}

describe("the gate of a route", () => {
  test("a gate says who counts and how long, and adds its steps and what wakes them", () => {
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
    const forked = { ...built, ...forks, with: { ...built.with, pullLogin: false } };
    expect(routeOf(forked).gate).toMatchObject({ approve: {}, timeoutMilliseconds: 7 * 86_400_000, forksOnly: true });
    expect(routeOf({ ...forked, gate: { approve: { right: "maintain" } } }).gate).toMatchObject({
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
    ["a check of an App without its name", { gate: { checks: [{ app: "ci" }] } }, "routes[0].gate.checks[0].name: it is missing"],
    ["the name of an App in place of its slug", { gate: { checks: [{ name: "test", app: "GitHub Actions" }] } }, "routes[0].gate.checks[0].app: expected the slug of an App, such as acme-ci"],
    ["no team", { gate: { approve: { github: [] } } }, "routes[0].gate.approve.github: the list is empty"],
    ["a right that is too little", { gate: { approve: { right: "read" } } }, 'routes[0].gate.approve.right: expected write, maintain or admin'],
    ["a time without a unit", { gate: { approve: {}, timeout: 30 } }, "routes[0].gate.timeout: it has no unit: say 30m"],
    ["a provider that there is not", { gate: { approve: { nobody: ["acme/x"] } } }, "routes[0].gate.approve.nobody: there is no such field"],
  ])("a gate with %s is an error at its place", (_what, route, message) => {
    expect(problemsOf(route)).toContain(message);
  }); // prettier-ignore
});

describe("an environment that asks for an approval", () => {
  const environments = {
    production: { fluxRepository: "https://github.com/acme/fleet", approve: { github: ["acme/release-team"] } },
    staging: {},
  };
  const push = { source: "github", kind: "push", repository: "github.com/acme/app", branch: "main" };
  const image = { source: "ghcr", kind: "image", image: "ghcr.io/acme/app", tag: "*" };
  const deploy = (environment: string, more: Fields = {}): Fields => ({
    ...{ when: push, run: "deploy", ...more },
    with: { images: ["ghcr.io/acme/app:1"], fluxRepository: "https://github.com/acme/fleet", environment },
  });
  const sources = { github: { kind: "github", secrets: "env:HOOK_KEY" }, ghcr: { kind: "ghcr", secrets: "env:HOOK_KEY" } };

  test("each route that deploys to it has a gate, whose approvers are the environment's", () => {
    const own = { gate: { checks: ["ci/test"], approve: {}, timeout: "2h" } };
    const gates = [deploy("production"), deploy("production", own), deploy("staging")].map((each) => routeOf(each, { environments }).gate);
    const approve = { github: ["acme/release-team"] };
    expect(gates).toEqual([
      { checks: [], approve, timeoutMilliseconds: 86_400_000, forksOnly: false },
      { checks: ["ci/test"], approve, timeoutMilliseconds: 7_200_000, forksOnly: false },
      undefined,
    ]);
  });

  test("an event can neither choose another one, nor deploy there without a commit", () => {
    const problems = [
      problemsOf(deploy("${{ event.branch }}"), { environments }),
      problemsOf(deploy("production", { when: image }), { environments, sources }),
    ];
    expect(problems).toEqual([
      expect.stringContaining("routes[0].with.environment: an event would choose it, and some environment asks for an approval: name it"),
      expect.stringContaining("routes[0].with.environment: it asks for the approval of a commit, and an event of kind image names none"),
    ]);
  });

  test("a command line deploys there by a dry run alone", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "fairlead-gate-"));
    const file = join(folder.path, "fairlead.yaml");
    await writeFile(file, stringify({ version: 1, environments }));
    const deployed = await fairlead(["deploy", "ghcr.io/acme/app:1", "--environment", "production", "--config", file]);
    expect([deployed.code, deployed.stderr]).toEqual([
      5,
      expect.stringContaining("deploy to environment production: it asks for an approval, and a command line waits for nobody"),
    ]);
  });
});

test("approvers are those of the repository's provider: where another's teams alone are named, it is an error", () => {
  expect([
    approversAt("github", {}),
    approversAt("github", { github: ["acme/a"] }),
    approversAt("github", { github: ["acme/a"], right: "admin" }),
    approversAt("gitlab", { github: ["acme/a"], right: "write" }),
  ]).toEqual([
    { right: "write", teams: [] },
    { right: undefined, teams: ["acme/a"] },
    { right: "admin", teams: ["acme/a"] },
    { right: "write", teams: [] },
  ]);
  expect(() => approversAt("gitlab", { github: ["acme/a"] })).toThrow(
    "ask for an approval: approve names teams of github alone, and the repository is at gitlab",
  );
});
