import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CheckReport } from "../../src/core/git/checks.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import { reportContext } from "../reporters/context.ts";
import { openWorld, type World } from "../reporters/world.ts";

let world: World;
let repository: Repository;

beforeEach(async () => {
  world = await openWorld();
  repository = parseRepository(`${world.github.url}/acme/app`);
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
});

const provider = (token = "app") => reportContext(world.github, { token }).gitProvider(repository.host);

describe("statuses", () => {
  const given = { context: "build", state: "pending", description: "begun", url: "https://ci.acme.dev/1" } as const;

  test("a context's history has what was set, by whom, the newest first", async () => {
    const statuses = provider().statuses!;
    await statuses.set(repository, world.commit, given);
    await statuses.set(repository, world.commit, { ...given, state: "success", description: "done", url: undefined });
    await provider("person").statuses!.set(repository, world.commit, { ...given, context: "other" });
    const { newest, nearlyFull } = await statuses.history(repository, world.commit, "build");
    expect([nearlyFull, newest.map(({ createdAt: _, ...status }) => status)]).toEqual([
      false,
      [
        { ...given, state: "success", description: "done", url: undefined, creator: "fairlead[bot]" },
        { ...given, creator: "fairlead[bot]" },
      ],
    ]);
    await provider("person").statuses!.set(repository, world.commit, given);
    const all = (await statuses.history(repository, world.commit, "build")).newest;
    const own = await provider("person").statuses!.own(repository, all);
    expect([await statuses.own(repository, all), own.map(({ creator }) => creator)]).toEqual([all.slice(1), ["person"]]);
  });

  test("a history without statuses is empty, and one of a commit that is not there is an error", async () => {
    const statuses = provider().statuses!;
    expect(await statuses.history(repository, world.commit, "build")).toEqual({ newest: [], nearlyFull: false });
    await expect(statuses.history(repository, "0".repeat(40), "build")).rejects.toMatchObject({ name: "FairleadError" });
  });

  test.each([900, 901])("a history of %i statuses says whether there is room for more", async (count) => {
    for (let at = 0; at < count; at++) world.github.setStatus("acme/app", world.commit, { ...given, state: "success" });
    expect((await provider().statuses!.history(repository, world.commit, "build")).nearlyFull).toBe(count > 900);
  });
});

describe("check runs", () => {
  const about: CheckReport = {
    name: "check",
    externalId: "run-1",
    conclusion: undefined,
    status: "in_progress",
    url: "https://ci.acme.dev/1",
    startedAt: new Date("2026-11-30T12:00:00Z"),
    completedAt: undefined,
    title: "title",
    summary: "summary",
  };
  const shown = {
    externalId: "run-1",
    status: "in_progress",
    conclusion: undefined,
    url: about.url,
    startedAt: about.startedAt,
    app: "fairlead",
    suite: expect.any(Number) as number,
  };

  test("a check run is made, listed by its name, and changed", async () => {
    const checks = provider().checks!;
    const id = await checks.create(repository, world.commit, about, []);
    await checks.create(repository, world.commit, { ...about, name: "other" }, []);
    const before = await checks.list(repository, world.commit, "check");
    const changed = await checks.update(repository, id, { ...about, conclusion: "failure", completedAt: new Date(), title: "failed" }, []);
    expect([changed, before, await checks.list(repository, world.commit, "check")]).toEqual([
      true,
      [{ ...shown, id, title: "title", summary: "summary", annotations: 0 }],
      [{ ...shown, id, status: "completed", conclusion: "failure", title: "failed", summary: "summary", annotations: 0 }],
    ]);
  });

  test("a check run of another App is listed, and not changed", async () => {
    const id = await provider("other").checks!.create(repository, world.commit, about, []);
    const checks = provider().checks!;
    expect([
      await checks.update(repository, id, { ...about, title: "ours" }, []),
      await checks.list(repository, world.commit, "check"),
      await checks.own(repository, await checks.list(repository, world.commit, "check")),
    ]).toMatchObject([false, [{ id, title: "title" }], []]);
  });

  test("more than 50 annotations are sent in several requests", async () => {
    const checks = provider().checks!;
    const many = Array.from({ length: 120 }, (_, at) => ({ path: "app.yaml", line: at + 1, level: "warning", message: `${at}` }) as const);
    const id = await checks.create(repository, world.commit, about, many);
    expect(await checks.annotations(repository, id)).toEqual(many);
    expect(world.github.requests.filter(({ write }) => write).map(({ method }) => method)).toEqual(["POST", "PATCH", "PATCH"]);
  });
});
