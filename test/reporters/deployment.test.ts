import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Rollout, RunView, Subject } from "../../src/core/reporter.ts";
import { deployment } from "../../src/reporters/deployment.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { reportContext, runs, subjectOf, viewOf } from "./context.ts";
import { interruptEachWrite, type Reported } from "./interrupt.ts";

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const [oneRun, otherRun] = runs;
const environment = { name: "staging", url: "https://app.stg.acme.dev" };
const production = { name: "production", url: undefined };
const tokens = { writer: { login: "fairlead[bot]", write: ["acme/app"] }, reader: { login: "eye", read: ["acme/app"] } };

let server: GitHub;
let commit: string;

async function open(): Promise<GitHub> {
  const started = await startGitHub({ tokens });
  await started.createRepository("acme/app", { files: { "a.txt": "1\n" } });
  commit = await started.commit("acme/app", { branch: "main", files: { "a.txt": "2\n" }, message: "two" });
  return started;
}

beforeEach(async () => {
  server = await open();
});
afterEach(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

/** The facts of a run that has opened pull request N of the Flux repository for version N. */
const facts = (number: number, from?: number): RunView["facts"] => ({
  images: [
    {
      image: `ghcr.io/acme/app:1.${number}@${digest(String(number))}`,
      from: from === undefined ? undefined : `ghcr.io/acme/app:1.${from}`,
      source: { repository: "github.com/acme/app", commit },
    },
  ],
  pullRequest: { repository: "github.com/acme/fleet", number, url: `https://github.com/acme/fleet/pull/${number}` },
});
const noFacts: RunView["facts"] = { images: [], pullRequest: undefined };

const at = (minute: number): Date => new Date(Date.now() + minute * 60_000);
const rollout = (state: Rollout["state"], minute = 0): Rollout => ({ state, commit: "f".repeat(40), at: at(minute) });

/** The view of a run of the listener, which goes on to report it. */
const view = (changes: Partial<RunView> = {}): RunView => viewOf({ route: "main", state: "succeeded", facts: facts(1), ...changes });

async function report(changes: Partial<RunView>, subject: Partial<Subject> = {}, warnings?: string[]): Promise<void> {
  const ctx = reportContext(server, { token: "writer", ...(warnings && { warnings }) });
  await deployment.report(ctx, subjectOf(server, commit, { environment, ...subject }), view(changes));
}

const timeless = (text = ""): string => text.replace(/since \S+Z/, "since TIME");
const statuses = (): readonly (readonly string[])[] => server.deployments("acme/app").map((each) => each.statuses.map(timeless));
/** The requests since then, without ids. */
const asked = (since = 0): readonly string[] =>
  server.requests
    .slice(since)
    .map(({ method, path }) => `${method} ${path.replace(/\/\d{4,}|\?.*/g, (part) => (part.startsWith("/") ? "/N" : ""))}`);
const path = "/repos/acme/app/deployments";

describe("the life of a run", () => {
  test("a deployment waits for the merge, then for Flux, and is a success once Flux reports ready", async () => {
    await report({ rollout: rollout("proposed") });
    await report({ rollout: rollout("merged") });
    await report({ rollout: rollout("ready") });
    expect(server.deployments("acme/app").map((each) => ({ ...each, statuses: each.statuses.map(timeless) }))).toEqual([
      {
        sha: commit,
        ref: commit,
        task: "deploy",
        environment: "staging",
        production: false,
        payload: {
          run: oneRun,
          route: "main",
          digest: digest("1"),
          images: [`ghcr.io/acme/app:1.1@${digest("1")}`],
          pullRequests: ["github.com/acme/fleet#1"],
        },
        creator: "fairlead[bot]",
        statuses: [
          "queued: waits for the merge of github.com/acme/fleet#1",
          "in_progress: github.com/acme/fleet#1 is merged, and Flux has yet to report",
          "success: Flux reports it ready, since TIME",
        ],
        urls: ["https://app.stg.acme.dev", "https://ci.acme.dev/runs/1"],
      },
    ]);
  });

  test("a run costs no request before its pull request is open, 4 until it waits for the merge, and 4 writes in all", async () => {
    await report({ state: "queued", facts: noFacts });
    await report({ state: "running", facts: noFacts });
    expect(asked()).toEqual([]);
    await report({ state: "running" });
    await report({ state: "succeeded", rollout: rollout("proposed") });
    const list = `GET ${path}`;
    const who = "POST /api/graphql";
    expect(asked()).toEqual([list, `POST ${path}`, list, `POST ${path}/N/statuses`, list, who, `GET ${path}/N/statuses`]);
    const before = server.requests.length;
    await report({ rollout: rollout("merged") });
    await report({ rollout: rollout("ready") });
    const bring = [list, who, `GET ${path}/N/statuses`, `POST ${path}/N/statuses`];
    const ready = [list, who, `GET ${path}/N/statuses`, list, "POST /orgs/acme/artifacts/metadata/storage-record"];
    expect(asked(before)).toEqual([...bring, ...ready, "POST /orgs/acme/artifacts/metadata/deployment-record", `POST ${path}/N/statuses`]);
  });

  test("a report that is sent again writes nothing", async () => {
    for (const state of ["proposed", "merged", "ready"] as const) {
      await report({ rollout: rollout(state) });
      const before = server.requests.length;
      await report({ rollout: rollout(state) });
      expect(server.requests.slice(before).filter(({ write }) => write)).toEqual([]);
    }
  });

  test("a run without an environment has no deployment", async () => {
    await report({ rollout: rollout("ready") }, { environment: undefined });
    expect(asked()).toEqual([]);
  });

  test.each<[string, Partial<RunView>, readonly string[]]>([
    ["closed", { rollout: rollout("closed") }, ["inactive: github.com/acme/fleet#1 was closed"]],
    [
      "superseded while nothing runs",
      { state: "superseded", reason: "a newer push", rollout: rollout("proposed") },
      ["inactive: the run was superseded: a newer push"],
    ],
    ["canceled", { state: "canceled", rollout: rollout("proposed") }, ["inactive: the run was canceled"]],
    [
      "not ready, and then ready",
      { rollout: { ...rollout("unready"), message: "HelmRelease apps/app: timeout" } },
      ["failure: Flux: HelmRelease apps/app: timeout"],
    ],
    [
      "failed",
      { state: "failed", error: { code: "unavailable", message: "push image: no answer", hint: undefined }, rollout: rollout("proposed") },
      ["failure: push image: no answer"],
    ],
    ["given up", { state: "parked", rollout: rollout("proposed") }, ["error: the run was given up"]],
  ])("a deployment of a run that is %s does not stay pending", async (_, ended, after) => {
    await report({ rollout: rollout("proposed") });
    await report(ended);
    expect(statuses()).toEqual([["queued: waits for the merge of github.com/acme/fleet#1", ...after]]);
  });

  test.each<[string, Partial<RunView>]>([
    ["canceled", { state: "canceled" }],
    ["superseded", { state: "superseded" }],
    ["skipped", { state: "skipped" }],
  ])("a run that was %s before its pull request is open has no deployment", async (_, ended) => {
    await report({ facts: noFacts, ...ended });
    expect(statuses()).toEqual([]);
  });

  test("an emoji, or a text that GitHub refuses for whatever reason, leaves no deployment pending", async () => {
    await report({ rollout: { ...rollout("unready"), message: "🐛 “no”" } });
    const body = {
      message: "Validation Failed",
      errors: [{ resource: "DeploymentStatus", code: "custom", field: "description", message: "no" }],
    };
    server.fail({ method: "POST", path: /statuses$/, status: 422, body });
    const ended = { rollout: { ...rollout("unready"), message: "still “no”" } };
    await report(ended);
    const before = server.requests.length;
    await report(ended);
    expect(server.requests.slice(before).filter(({ write }) => write)).toEqual([]);
    expect(statuses()).toEqual([["failure: Flux: ? “no”", "failure: Flux: still ?no?"]]);
  });

  test("a run that fails before its pull request is open has a deployment that failed", async () => {
    const error = { code: "forbidden", message: "push branch: the token does not allow it", hint: undefined } as const;
    await report({ state: "failed", error, facts: noFacts });
    expect(statuses()).toEqual([["failure: push branch: the token does not allow it"]]);
  });
});

describe("a run that a deployment asked for", () => {
  /** Makes a deployment as a person does, and returns its id. */
  async function ask(place: string): Promise<number> {
    const { deployments } = reportContext(server, { token: "writer" }).gitProvider(server.host);
    const about = { commit, task: "deploy", description: "please", payload: {}, production: false };
    return (await deployments!.create(subjectOf(server, commit).repository, { ...about, environment: place })).id;
  }

  test("a run that a deployment asked for is reported there, and no other deployment is made", async () => {
    const asked = { deployment: { id: await ask("staging"), environment: "staging" } };
    await report({ rollout: rollout("proposed") }, asked);
    await report({ rollout: rollout("ready") }, asked);
    expect(statuses()).toEqual([["queued: waits for the merge of github.com/acme/fleet#1", "success: Flux reports it ready, since TIME"]]);
  });

  test("the newest ready deployment is active among those that asked for runs", async () => {
    for (const number of [1, 2]) {
      const asked = { run: `run-${number}`, deployment: { id: await ask("staging"), environment: "staging" } };
      await report({ facts: facts(number), rollout: rollout("ready", number) }, asked);
    }
    expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["inactive", "success"]);
  });

  test("a run that is canceled before it has a pull request does not leave it pending", async () => {
    await report({ state: "canceled", facts: noFacts }, { deployment: { id: await ask("staging"), environment: "staging" } });
    expect(statuses()).toEqual([["inactive: the run was canceled"]]);
  });

  test("a run that deploys to another environment has a deployment of its own", async () => {
    await report({ rollout: rollout("proposed") }, { deployment: { id: await ask("qa"), environment: "qa" } });
    expect(server.deployments("acme/app").map((each) => [each.environment, each.statuses.length])).toEqual([
      ["qa", 0],
      ["staging", 1],
    ]);
  });
});

describe("a run of a command line, which nobody follows once it has ended", () => {
  const ended = { route: undefined, endedAt: at(0) };

  test.each<[string, Partial<RunView>, string]>([
    ["with an open pull request", { rollout: rollout("proposed") }, "inactive: github.com/acme/fleet#1 is open, and nobody follows it"],
    ["merged", { rollout: rollout("merged") }, "success: github.com/acme/fleet#1 is merged, and nobody waits for Flux, since TIME"],
    [
      "committed straight to the branch",
      { facts: { ...facts(1), pullRequest: undefined }, rollout: rollout("merged") },
      "success: the change is merged, and nobody waits for Flux, since TIME",
    ],
  ])("%s, does not stay pending", async (_, changes, status) => {
    await report({ ...ended, ...changes });
    expect(statuses()).toEqual([[status]]);
  });

  test("a run that finds nothing to change reports what is there, and makes no second deployment of it", async () => {
    const nothing = { ...ended, facts: { ...facts(1), pullRequest: undefined } };
    await report(nothing);
    await report(nothing, { run: otherRun });
    expect(statuses()).toEqual([["success: the Flux repository has it already, since TIME"]]);
  });
});

describe("several deployments of an environment", () => {
  /** Deploys version N by a run of its own. */
  const deploy = (number: number, place: typeof environment | typeof production, from?: number): Promise<void> =>
    report({ facts: facts(number, from), rollout: rollout("ready", number) }, { run: `run-${number}`, environment: place });

  test.each([["staging", environment] as const, ["production", production] as const])(
    "older ones of %s are inactive once a newer is a success, those that wait too",
    async (_, place) => {
      await deploy(1, place);
      await report({ facts: facts(2), rollout: rollout("proposed") }, { run: "run-2", environment: place });
      await deploy(3, place);
      expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["inactive", "inactive", "success"]);
    },
  );

  test.each([environment, production])("a deployment that somebody else has made is left alone: $name", async (place) => {
    const by = reportContext(server, { token: "writer" }).gitProvider(server.host).deployments!;
    const { repository } = subjectOf(server, commit);
    const about = { commit, environment: place.name, task: "deploy", description: "", production: place === production };
    const { id } = await by.create(repository, { ...about, payload: { by: "somebody" } });
    await by.setStatus(repository, id, {
      state: "success",
      description: "",
      environmentUrl: undefined,
      logUrl: undefined,
      endsOlder: false,
    });
    await deploy(1, place);
    expect(statuses()).toEqual([["success"], ["success: Flux reports it ready, since TIME"]]);
  });

  /** Deploys version N of an application, by a route of its own or by this one. */
  async function deployOf(
    name: string,
    number: number,
    place: Partial<Subject>["environment"],
    changes: Partial<RunView> = {},
  ): Promise<void> {
    const { images, pullRequest } = facts(number);
    const own = { images: images.map((each) => ({ ...each, image: each.image.replace("acme/app", `acme/${name}`) })), pullRequest };
    await report({ route: name, facts: own, rollout: rollout("ready", number), ...changes }, { run: `run-${number}`, environment: place });
  }
  const states = (): readonly unknown[] =>
    server.deployments("acme/app").map(({ payload, statuses: all }) => {
      const { images } = payload as { readonly images: readonly string[] };
      return `${/[^/]*(?=@)/.exec(images[0] ?? "")?.[0] ?? "none"} ${all.at(-1)?.split(":")[0] ?? ""}`;
    });

  test.each([environment, production])("two applications of one repository run side by side: $name", async (place) => {
    await deployOf("api", 1, place);
    await deployOf("web", 2, place);
    await deployOf("api", 3, place, { rollout: rollout("proposed") });
    await deployOf("web", 4, place);
    expect(states()).toEqual(["api:1.1 success", "web:1.2 inactive", "api:1.3 queued", "web:1.4 success"]);
    await deployOf("api", 5, place);
    expect(states()).toEqual(["api:1.1 inactive", "web:1.2 inactive", "api:1.3 inactive", "web:1.4 success", "api:1.5 success"]);
  });

  test("a revert of one application revives none of another", async () => {
    await deployOf("api", 1, production);
    await deployOf("web", 2, production);
    await deployOf("api", 3, production);
    await deployOf("api", 3, production, { rollout: rollout("reverted", 4) });
    expect(states()).toEqual(["api:1.1 success", "web:1.2 success", "api:1.3 inactive"]);
  });

  test("one route that deploys an image of each event ends none of another image", async () => {
    await deployOf("api", 1, environment, { route: "images" });
    await deployOf("web", 2, environment, { route: "images" });
    expect(states()).toEqual(["api:1.1 success", "web:1.2 success"]);
  });

  test("a deployment of several images ends those of each of them", async () => {
    const both = [...facts(3).images, ...facts(3).images].map((each, index) => ({
      ...each,
      image: each.image.replace("app", index === 0 ? "api" : "web"),
    }));
    await deployOf("web", 1, environment);
    await deployOf("api", 2, environment);
    await deployOf("both", 3, environment, { facts: { ...facts(3), images: both } });
    expect(states()).toEqual(["web:1.1 inactive", "api:1.2 inactive", "api:1.3 success"]);
  });

  test("a deployment that an older fairlead has made is ended too", async () => {
    const by = reportContext(server, { token: "writer" }).gitProvider(server.host).deployments!;
    const { repository } = subjectOf(server, commit);
    const about = { commit, environment: "staging", task: "deploy", description: "", production: false };
    const payload = { run: "old", digest: null, images: ["ghcr.io/acme/app:1.0"], pullRequests: [] };
    const { id } = await by.create(repository, { ...about, payload });
    await by.setStatus(repository, id, {
      state: "success",
      description: "",
      environmentUrl: undefined,
      logUrl: undefined,
      endsOlder: false,
    });
    await deploy(1, environment);
    expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["inactive", "success"]);
  });

  test("a report that comes late leaves the deployment that became ready later", async () => {
    await report({ facts: facts(1), rollout: rollout("merged") }, { run: "run-1", environment: production });
    await deploy(2, production);
    await report({ facts: facts(1), rollout: rollout("ready", -10) }, { run: "run-1", environment: production });
    expect(statuses().map((each) => each.at(-1))).toEqual([
      "inactive: another deployment took its place",
      "success: Flux reports it ready, since TIME",
    ]);
  });

  test("an older pull request that is merged last is what runs", async () => {
    await report({ facts: facts(1), rollout: rollout("proposed") }, { run: "run-1", environment: production });
    await report({ facts: facts(2), rollout: rollout("ready", -10) }, { run: "run-2", environment: production });
    await report({ facts: facts(1), rollout: rollout("ready", 10) }, { run: "run-1", environment: production });
    expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["success", "inactive"]);
  });

  test("the deployment that became ready last runs, in whatever order and however late it is reported", async () => {
    const older = { facts: facts(1), rollout: rollout("ready", 10) };
    const newer = { facts: facts(2), rollout: rollout("ready", 5) };
    await report({ facts: facts(1), rollout: rollout("proposed") }, { run: "run-1", environment: production });
    await report(newer, { run: "run-2", environment: production });
    await report(older, { run: "run-1", environment: production });
    const before = server.requests.length;
    await report(newer, { run: "run-2", environment: production });
    await report(older, { run: "run-1", environment: production });
    expect(server.requests.slice(before).filter(({ write }) => write)).toEqual([]);
    expect(statuses().map((each) => each.at(-1))).toEqual([
      "success: Flux reports it ready, since TIME",
      "inactive: another deployment took its place",
    ]);
    await report({ facts: facts(3), rollout: rollout("ready", 20) }, { run: "run-3", environment: production });
    expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["inactive", "inactive", "success"]);
  });

  test("a pull request that is left open does not wait again once a newer one runs", async () => {
    const left = { facts: facts(1), rollout: rollout("proposed") };
    await report(left, { run: "run-1" });
    await deploy(2, environment);
    await report(left, { run: "run-1" });
    expect(statuses()[0]?.at(-1)).toBe("inactive: another deployment took its place");
    await report({ facts: facts(1), rollout: rollout("merged") }, { run: "run-1" });
    expect(statuses()[0]?.at(-1)?.split(":")[0]).toBe("in_progress");
  });

  test("a revert is a rollback: what was reverted is inactive, and what runs again is a success", async () => {
    await deploy(1, production);
    await deploy(2, production, 1);
    const reverted = { facts: facts(2, 1), rollout: rollout("reverted", 3) };
    await report(reverted, { run: "run-2", environment: production });
    await deploy(1, production);
    await report(reverted, { run: "run-2", environment: production });
    expect(statuses().map((each) => each.slice(1))).toEqual([
      ["inactive: another deployment took its place", "success: runs again, since TIME: rollback of a later deployment"],
      ["inactive: github.com/acme/fleet#2 was reverted"],
    ]);
    await deploy(3, production, 1);
    await report(reverted, { run: "run-2", environment: production });
    expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["inactive", "inactive", "success"]);
  });

  test("a revert of what replaced an image that no deployment had makes none active", async () => {
    await deploy(1, production);
    await deploy(2, production, 7);
    await report({ facts: facts(2, 7), rollout: rollout("reverted", 3) }, { run: "run-2", environment: production });
    expect(statuses().map((each) => each.at(-1)?.split(":")[0])).toEqual(["inactive", "inactive"]);
  });
});

describe("more than one process", () => {
  test("two that report a run at the same time leave one deployment, and the double is inactive", async () => {
    server.before({ method: "POST", path: /\/deployments$/ }, () => report({ rollout: rollout("proposed") }));
    await report({ rollout: rollout("proposed") });
    await report({ rollout: rollout("merged") });
    expect(statuses()).toEqual([
      [
        "queued: waits for the merge of github.com/acme/fleet#1",
        "in_progress: github.com/acme/fleet#1 is merged, and Flux has yet to report",
      ],
      ["inactive: it was made twice"],
    ]);
  });

  test("two runs that have the same pull request have one deployment", async () => {
    await report({ rollout: rollout("proposed") });
    await report({ rollout: rollout("merged") }, { run: otherRun });
    expect(statuses().map((each) => each.length)).toEqual([2]);
  });

  test("a status that somebody else has set meanwhile does not keep the next from being set", async () => {
    await report({ rollout: rollout("merged") });
    const { deployments } = reportContext(server, { token: "writer" }).gitProvider(server.host);
    const { repository } = subjectOf(server, commit);
    const [found] = await deployments!.find(repository, { environment: "staging", task: "deploy" });
    await deployments!.setStatus(repository, found!.id, {
      state: "error",
      description: "no",
      environmentUrl: undefined,
      logUrl: undefined,
      endsOlder: false,
    });
    await report({ rollout: rollout("ready") });
    expect(statuses()[0]?.map((each) => each.split(":")[0])).toEqual(["in_progress", "error", "success"]);
  });

  /** Opens a double, and a process that reports one view after what is there already. */
  async function world(before: readonly Partial<RunView>[], ended: Partial<RunView>): Promise<Reported> {
    const github = await open();
    const run = async (changes: Partial<RunView>, name: string, signal = new AbortController().signal): Promise<void> =>
      deployment.report(
        reportContext(github, { token: "writer", signal }),
        subjectOf(github, commit, { environment: production, run: name }),
        view(changes),
      );
    for (const [index, each] of before.entries()) await run(each, `earlier-${index}`);
    return {
      github,
      report: (signal) => run(ended, oneRun, signal),
      seen: () => [github.deployments("acme/app").map(({ statuses: all }) => timeless(all.at(-1))), github.artifacts("acme/app").length],
      [Symbol.asyncDispose]: () => github.stop(),
    };
  }

  test("a process that is killed at any of its writes leaves one deployment, which the next one finishes", async () => {
    const earlier = [
      { facts: facts(5), rollout: rollout("ready", -20) },
      { facts: facts(6), rollout: rollout("proposed") },
    ];
    const { writes, seen, interrupted } = await interruptEachWrite(() => world(earlier, { rollout: rollout("ready") }));
    expect(writes).toEqual([
      `POST ${path}`,
      "POST /orgs/acme/artifacts/metadata/storage-record",
      "POST /orgs/acme/artifacts/metadata/deployment-record",
      `POST ${path}/N/statuses`,
      `POST ${path}/N/statuses`,
      `POST ${path}/N/statuses`,
    ]);
    expect(seen).toEqual([
      [
        "inactive: another deployment took its place",
        "inactive: another deployment took its place",
        "success: Flux reports it ready, since TIME",
      ],
      3,
    ]);
    expect(interrupted.map((each) => [each.seen, each.writes[1]])).toEqual(interrupted.map(() => [seen, 0]));
    expect(interrupted.length).toBe(12);
  });

  test("a process that is killed while it reports a rollback is finished by the next", async () => {
    const earlier = [{ facts: facts(5), rollout: rollout("ready", -20) }];
    const open = async (): Promise<Reported> => {
      const opened = await world(earlier, { facts: facts(1, 5), rollout: rollout("reverted", 1) });
      await deployment.report(
        reportContext(opened.github, { token: "writer" }),
        subjectOf(opened.github, commit, { environment: production }),
        view({ facts: facts(1, 5), rollout: rollout("ready") }),
      );
      return opened;
    };
    const { writes, seen, interrupted } = await interruptEachWrite(open);
    expect([writes.length, seen]).toEqual([
      2,
      [["success: runs again, since TIME: rollback of a later deployment", "inactive: github.com/acme/fleet#1 was reverted"], 3],
    ]);
    expect(interrupted.map((each) => [each.seen, each.writes[1]])).toEqual(interrupted.map(() => [seen, 0]));
  });
});

describe("records of artifacts", () => {
  test("the places where an image is kept and runs are recorded for the organization, once", async () => {
    await report({ rollout: rollout("ready") });
    await report({ rollout: rollout("ready") });
    const image = { name: "ghcr.io/acme/app", digest: digest("1"), version: "1.1" };
    expect(server.artifacts("acme/app").map(({ id: _, created_at: __, updated_at: ___, ...rest }) => rest)).toEqual([
      { list: "storage_records", ...image, registry_url: "https://ghcr.io", artifact_url: null, repository: null, status: "active" },
      { list: "deployment_records", ...image, logical_environment: "staging", deployment_name: "ghcr.io/acme/app", status: "deployed" },
    ]);
  });

  test.each([
    [403, []],
    [404, []],
    [500, ["record where artifacts are kept of HOST/acme/app: GitHub answered 500"]],
  ])("a record that GitHub answers with %i keeps no deployment from being reported", async (status, told) => {
    server.fail({ method: "POST", path: /storage-record$/, status });
    const warnings: string[] = [];
    await report({ rollout: rollout("ready") }, {}, warnings);
    expect([statuses(), warnings.map((each) => each.replaceAll(server.host, "HOST"))]).toEqual([
      [["success: Flux reports it ready, since TIME"]],
      told,
    ]);
  });
});

test("a token that may only read cannot report a deployment", async () => {
  const ctx = reportContext(server, { token: "reader" });
  const failed = deployment.report(ctx, subjectOf(server, commit, { environment }), view({ rollout: rollout("proposed") }));
  await expect(failed).rejects.toMatchObject({ code: "forbidden" });
});
