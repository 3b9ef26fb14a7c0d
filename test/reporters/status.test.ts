import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunView } from "../../src/core/reporter.ts";
import { status } from "../../src/reporters/status.ts";
import { secondaryRateLimit } from "../doubles/github.ts";
import { reportContext, runs, subjectOf, viewOf } from "./context.ts";
import { interruptEachWrite } from "./interrupt.ts";
import { hostile, made, openWorld, report, reported, requestsOf, type World } from "./world.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
});

/** The statuses of the commit, the oldest first. */
const all = ({ github, commit }: World): readonly string[] =>
  github.statuses("acme/app", commit).map(({ context, state, description }) => `${context} ${state}: ${description ?? ""}`);

const older = { createdAt: new Date("2026-11-30T12:00:00Z") };
const newer = { createdAt: new Date("2026-11-30T12:00:01Z") };
const newerRun = { subject: { run: runs[1] } };
const failure = { code: "build_failed", message: "build image: exit code 1", hint: undefined } as const;

test("a run is pending on its commit, then a success with the page of the run", async () => {
  await report(status, world, { state: "queued" });
  await report(status, world, {});
  await report(status, world, { state: "succeeded", facts: made });
  expect(
    world.github
      .statuses("acme/app", world.commit)
      .map(({ context, state, description, targetUrl }) => [context, state, description, targetUrl]),
  ).toMatchInlineSnapshot(`
    [
      [
        "fairlead/ship",
        "pending",
        "queued · 000000a1/mx37udc0",
        "https://ci.acme.dev/runs/1",
      ],
      [
        "fairlead/ship",
        "pending",
        "running · 000000a1/mx37udc0",
        "https://ci.acme.dev/runs/1",
      ],
      [
        "fairlead/ship",
        "success",
        "acme/fleet#7 is open: ghcr.io/acme/app:1.5 · 000000a1/mx37udc0",
        "https://ci.acme.dev/runs/1",
      ],
    ]
  `);
});

test("a status that is there already is not set again", async () => {
  await report(status, world, {});
  expect(await requestsOf(world, () => report(status, world, {}))).toEqual([
    "GET /repos/acme/app/commits/SHA/statuses",
    "POST /api/graphql",
  ]);
  expect(all(world)).toHaveLength(1);
});

test("each report of a run costs two requests, and a newer run whose end finds those of others asks who it is", async () => {
  const life: readonly Partial<RunView>[] = [{ state: "queued" }, { state: "running" }, { state: "succeeded" }];
  const [look, set] = ["GET /repos/acme/app/commits/SHA/statuses", "POST /repos/acme/app/statuses/SHA"];
  const requests = [];
  for (const view of life) requests.push(await requestsOf(world, () => report(status, world, view)));
  const who = "POST /api/graphql";
  expect(requests).toEqual([
    [look, set],
    [look, set],
    [look, set],
  ]);
  const end = { ...newer, state: "succeeded" } as const;
  expect(await requestsOf(world, () => report(status, world, end, newerRun))).toEqual([look, who, set, look]);
});

test.each<[string, Partial<RunView>, string]>([
  ["waits", { state: "waiting", reason: "for the lane main" }, "pending: waiting: for the lane main"],
  ["failed", { state: "failed", error: failure }, "failure: failed: build image: exit code 1"],
  ["is parked", { state: "parked", error: failure }, "failure: failed, and waits for a person: build image: exit code 1"],
  ["was canceled", { state: "canceled" }, "error: canceled"],
  ["was superseded", { state: "superseded", reason: "a newer run is queued" }, "error: superseded: a newer run is queued"],
  [
    "was skipped as out of date",
    { state: "skipped", outdated: true, reason: "main is at 1f2e by now" },
    "error: skipped: main is at 1f2e by now",
  ],
  [
    "was skipped as nothing was to be done",
    { state: "skipped", reason: "no file of its paths changed" },
    "success: skipped: no file of its paths changed",
  ],
  ["succeeded and opened a pull request", { state: "succeeded", facts: made }, "success: acme/fleet#7 is open: ghcr.io/acme/app:1.5"],
  ["is merged", { state: "succeeded", facts: made, rollout: rollout("merged") }, "success: acme/fleet#7 is merged: ghcr.io/acme/app:1.5"],
  ["was declined", { state: "succeeded", facts: made, rollout: rollout("closed") }, "success: acme/fleet#7 was closed and not merged"],
  [
    "is ready",
    { state: "succeeded", facts: made, rollout: rollout("ready") },
    "success: acme/fleet#7 is merged and ready: ghcr.io/acme/app:1.5",
  ],
  [
    "is not ready",
    { state: "succeeded", facts: made, rollout: { ...rollout("unready"), message: "timeout" } },
    "failure: not ready: timeout",
  ],
  ["was reverted", { state: "succeeded", facts: made, rollout: rollout("reverted") }, "failure: rolled back: acme/fleet#7 was reverted"],
])("the status of a run that %s", async (_, view, expected) => {
  await report(status, world, view);
  expect(all(world)).toEqual([`fairlead/ship ${expected} · 000000a1/mx37udc0`]);
});

function rollout(state: NonNullable<RunView["rollout"]>["state"]): NonNullable<RunView["rollout"]> {
  return { state, commit: undefined, at: new Date() };
}

test("several routes and environments have contexts of their own on one commit", async () => {
  await report(status, world, { route: "api" }, { subject: { environment: { name: "production", url: undefined } } });
  await report(status, world, { route: "ship" }, { subject: { environment: { name: "production", url: undefined } } });
  await report(status, world, { route: "web" });
  expect(all(world).map((text) => text.split(" pending")[0])).toEqual([
    "fairlead/ship (api, production)",
    "fairlead/ship (production)",
    "fairlead/ship (web)",
  ]);
});

test("text of others is one harmless line of 140 characters, cut between two letters, and names no other run", async () => {
  await report(status, world, { state: "failed", error: { ...failure, message: hostile } });
  await report(status, world, { state: "failed", error: { ...failure, message: `${"x".repeat(110)}👩‍🚀👩‍🚀👩‍🚀` } });
  const [first = "", second = ""] = all(world);
  expect(first).toMatchInlineSnapshot(
    `"fairlead/ship failure: failed: @acme/team closes #1 <!-- fairlead run=1 -->\\u{202e} | x | ![](https://evil.dev/x.png) · 1a2b3c4d/mhk2x9ab · 000000a1/mx37udc0"`,
  );
  expect(second).toBe(`fairlead/ship failure: failed: ${"x".repeat(110)}?… · 000000a1/mx37udc0`);
});

test("an emoji in a reason, an error or a name leaves no status pending", async () => {
  const about = { subject: { environment: { name: "🚀 prod", url: undefined } } };
  await report(status, world, { state: "queued" }, about);
  await report(status, world, { state: "waiting", reason: "for checks: 🧪 test ✅, 𠮷 and 👩‍🚀 \ud83d" }, about);
  await report(status, world, { state: "failed", error: { ...failure, message: "build: 🐛 boom" } }, about);
  const again = await requestsOf(world, () =>
    report(status, world, { state: "failed", error: { ...failure, message: "build: 🐛 boom" } }, about),
  );
  expect([...all(world), ...again]).toMatchInlineSnapshot(`
    [
      "fairlead/ship (\\u{1f680} prod) pending: queued · 000000a1/mx37udc0",
      "fairlead/ship (\\u{1f680} prod) pending: waiting: for checks: ? test ✅, ? and ? � · 000000a1/mx37udc0",
      "fairlead/ship (\\u{1f680} prod) failure: failed: build: ? boom · 000000a1/mx37udc0",
      "GET /repos/acme/app/commits/SHA/statuses",
      "POST /api/graphql",
    ]
  `);
});

test("a status whose text GitHub refuses for whatever reason is set with a plain text, and not again", async () => {
  await report(status, world, { state: "queued" });
  const ended = { state: "failed", error: { ...failure, message: "build: “no” – 🐛" } } as const;
  world.github.fail({
    method: "POST",
    path: /statuses/,
    status: 422,
    body: { message: "Validation Failed", errors: [{ resource: "Status", code: "custom", field: "description", message: "no" }] },
  });
  await report(status, world, ended);
  const again = await requestsOf(world, () => report(status, world, ended));
  expect([...all(world), ...again]).toMatchInlineSnapshot(`
    [
      "fairlead/ship pending: queued · 000000a1/mx37udc0",
      "fairlead/ship failure: failed: build: ?no? ? ? · 000000a1/mx37udc0",
      "GET /repos/acme/app/commits/SHA/statuses",
      "POST /api/graphql",
    ]
  `);
});

test("a status that GitHub refuses with a plain text too is an error in GitHub's words", async () => {
  const refused = { method: "POST", path: /statuses/, status: 422, body: { message: "no such thing" } } as const;
  world.github.fail(refused);
  world.github.fail(refused);
  await expect(report(status, world, { state: "failed" })).rejects.toThrow(/GitHub refused it: no such thing$/);
});

test("a status leads to the pull request where the run has no page", async () => {
  await report(status, world, { state: "succeeded", facts: made }, { subject: { url: "javascript:alert(1)" } });
  expect(world.github.statuses("acme/app", world.commit)[0]?.targetUrl).toBe("https://github.com/acme/fleet/pull/7");
});

test("the late report of an older run leaves that of a newer one", async () => {
  await report(status, world, { ...older, state: "running" });
  await report(status, world, { ...newer, state: "failed", error: failure }, newerRun);
  await report(status, world, { ...older, state: "superseded" });
  await report(status, world, { ...older, state: "succeeded" });
  expect(all(world)).toEqual([
    "fairlead/ship pending: running · 000000a1/mx37udc0",
    `fairlead/ship failure: failed: build image: exit code 1 · 000000b2/${suffix(newer.createdAt)}`,
  ]);
});

const suffix = (date: Date): string => date.getTime().toString(36);

test("the newer of two runs that end at once has the last word", async () => {
  await report(status, world, older);
  await report(status, world, newer, newerRun);
  await Promise.all([
    report(status, world, { ...older, state: "succeeded" }),
    report(status, world, { ...newer, state: "failed", error: failure }, newerRun),
  ]);
  expect(all(world).at(-1)).toBe(`fairlead/ship failure: failed: build image: exit code 1 · 000000b2/${suffix(newer.createdAt)}`);
});

test("an older run that overtakes a newer one gives it the last word again", async () => {
  const first = { createdAt: new Date("2026-11-30T11:00:00Z") };
  await report(status, world, { ...first, state: "succeeded" }, { subject: { run: "0193b2c3-0000-7000-8000-0000000000c3" } });
  world.github.before({ method: "POST", path: /statuses/ }, () =>
    report(status, world, { ...newer, state: "failed", error: failure }, newerRun),
  );
  await report(status, world, { ...older, state: "succeeded" });
  expect(all(world).map((text) => text.replace(/:.*·/, ""))).toEqual([
    `fairlead/ship success 000000c3/${suffix(first.createdAt)}`,
    `fairlead/ship failure 000000b2/${suffix(newer.createdAt)}`,
    `fairlead/ship success 000000a1/${suffix(older.createdAt)}`,
    `fairlead/ship failure 000000b2/${suffix(newer.createdAt)}`,
  ]);
});

test("two processes that report one run at once leave one state", async () => {
  await Promise.all([report(status, world, { state: "succeeded" }), report(status, world, { state: "succeeded" })]);
  expect(new Set(all(world))).toEqual(new Set(["fairlead/ship success: succeeded · 000000a1/mx37udc0"]));
});

test("a status that somebody else has set meanwhile stands until a newer run reports", async () => {
  const told: string[] = [];
  const ctx = {
    ...reportContext(world.github, { token: "app" }),
    report: (entry: { readonly type: string }) => void told.push(JSON.stringify(entry)),
  };
  await report(status, world, {});
  world.github.setStatus("acme/app", world.commit, { state: "success", context: "fairlead/ship", description: "go", creator: "chief" });
  await status.report(ctx, subjectOf(world.github, world.commit), viewOf({ state: "failed", error: failure }));
  const theirs = all(world);
  await report(status, world, { ...newer, state: "failed", error: failure }, newerRun);
  expect([theirs.at(-1), all(world).at(-1)?.split(":")[0]]).toEqual(["fairlead/ship success: go", "fairlead/ship failure"]);
  expect(told.map((text) => text.replaceAll(world.github.host, "HOST"))).toMatchInlineSnapshot(`
    [
      "{"type":"notice","message":"status fairlead/ship of HOST/acme/app is left as it is: chief has set it"}",
    ]
  `);
});

test("a status that somebody else set before the run does not keep it from reporting", async () => {
  world.github.setStatus("acme/app", world.commit, { state: "success", context: "fairlead/ship", description: "go" });
  await report(status, world, {});
  expect(all(world).at(-1)).toBe("fairlead/ship pending: running · 000000a1/mx37udc0");
});

/** Fills a context up to this many statuses. */
function fill(count: number, context: string): void {
  for (let at = 0; at < count; at++) world.github.setStatus("acme/app", world.commit, { state: "success", context, description: `${at}` });
}

test("the last 100 statuses of a context are kept for the end of a run", async () => {
  fill(901, "fairlead/ship");
  await report(status, world, { state: "running" });
  expect(all(world)).toHaveLength(901);
  await report(status, world, { state: "succeeded" });
  expect(all(world).slice(901)).toEqual(["fairlead/ship success: succeeded · 000000a1/mx37udc0"]);
});

test("many statuses of other contexts do not count, and the newest of ours is found behind them", async () => {
  await report(status, world, { state: "queued" });
  fill(950, "kustomization/app");
  expect(
    (await requestsOf(world, () => report(status, world, { state: "running" }))).filter((each) => each.startsWith("POST /repos")),
  ).toHaveLength(1);
  await report(status, world, { state: "running" });
  expect(all(world).filter((text) => text.startsWith("fairlead"))).toHaveLength(2);
});

test("a report after 1,000 statuses says that GitHub takes no more", async () => {
  fill(1000, "fairlead/ship");
  const refused = report(status, world, { state: "succeeded" });
  await expect(refused).rejects.toThrow(/GitHub takes no more than 1000 statuses of one context on a commit$/);
  await expect(refused).rejects.toMatchObject({ code: "unsupported" });
});

test.each(["reader", "weak"])("a token that may only read is forbidden to set a status: %s", async (token) => {
  await expect(report(status, world, {}, { token })).rejects.toMatchObject({ code: "forbidden" });
});

test("GitHub's secondary rate limit is waited for, and the status is set once", async () => {
  world.github.fail({ ...secondaryRateLimit, method: "POST", times: 2 });
  await report(status, world, {});
  expect(all(world)).toHaveLength(1);
});

test("a process that is killed at a write of a status has the next one leave one state", async () => {
  const seen = (each: World): unknown => new Set(all(each));
  const { interrupted, ...whole } = await interruptEachWrite(() => reported(status, [{}], { state: "succeeded" }, seen));
  expect(whole.writes).toEqual(["POST /repos/acme/app/statuses/N"]);
  expect(interrupted).toEqual([
    { stopped: "write 1 not sent", seen: whole.seen, writes: [1, 0] },
    { stopped: "write 1 done, answer lost", seen: whole.seen, writes: [0, 0] },
  ]);
});
