import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunView } from "../../src/core/reporter.ts";
import { check } from "../../src/reporters/check.ts";
import { secondaryRateLimit } from "../doubles/github.ts";
import { runs } from "./context.ts";
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

/** The check runs of the commit, the oldest first: the run, its state, its title, and its annotations. */
const all = ({ github, commit }: World): readonly (readonly unknown[])[] =>
  github
    .checkRuns("acme/app", commit)
    .map(({ externalId, status, conclusion, output }) => [
      externalId === runs[0] ? "run" : externalId === runs[1] ? "newer run" : externalId,
      conclusion ?? status,
      output.title,
      ...output.annotations.map(({ path, start_line: line, message }) => `${path}:${line}: ${message}`),
    ]);

const ended = { endedAt: new Date("2026-11-30T12:01:00Z") };
const newer = { createdAt: new Date("2026-11-30T12:00:01Z") };
const newerRun = { subject: { run: runs[1] } };
const failure = {
  code: "build_failed",
  message: "build image: exit code 1",
  hint: "look at the log",
  place: { file: "Dockerfile", line: 12 },
} as const;
const failed = { ...ended, state: "failed", error: failure } as const;

test("a run is one check run from its queue to its end, with what it has made", async () => {
  await report(check, world, { state: "queued" });
  const queued = all(world);
  await report(check, world, {});
  const running = all(world);
  await report(check, world, { ...ended, state: "succeeded", facts: made });
  expect([queued, running, all(world)]).toEqual([
    [["run", "queued", "queued"]],
    [["run", "in_progress", "running"]],
    [["run", "success", "acme/fleet#7 is open: ghcr.io/acme/app:1.5"]],
  ]);
  const [{ name, detailsUrl, startedAt, completedAt, output } = fail()] = world.github.checkRuns("acme/app", world.commit);
  expect({ name, detailsUrl, startedAt, completedAt }).toEqual({
    name: "fairlead/ship",
    detailsUrl: "https://ci.acme.dev/runs/1",
    startedAt: new Date("2026-11-30T12:00:00Z"),
    completedAt: ended.endedAt,
  });
  expect(output.summary?.replace(world.commit, "COMMIT")).toMatchInlineSnapshot(`
    "| image | before | built from |
    |---|---|---|
    | \`ghcr.io/acme/app:1.5@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` | \`ghcr.io/acme/app:1.4\` |  |

    - pull request: [github.com/acme/fleet\\#​7](https://github.com/acme/fleet/pull/7)
    - commit: \`COMMIT\`
    - run: \`0193b2c4-0000-7000-8000-0000000000a1\` ([log](https://ci.acme.dev/runs/1))"
  `);
});

function fail(): never {
  throw new Error("there is no check run");
}

test("each report of a run costs two requests: its first looks once more, and one that changes nothing asks who we are", async () => {
  const life: readonly Partial<RunView>[] = [{ state: "queued" }, { state: "running" }, { ...ended, state: "succeeded" }];
  const [look, create, update] = [
    "GET /repos/acme/app/commits/SHA/check-runs",
    "POST /repos/acme/app/check-runs",
    "PATCH /repos/acme/app/check-runs/ID",
  ];
  const requests = [];
  const who = "POST /api/graphql";
  for (const view of life) requests.push(await requestsOf(world, () => report(check, world, view)));
  expect(requests).toEqual([
    [look, create, look],
    [look, update],
    [look, update],
  ]);
  expect(await requestsOf(world, () => report(check, world, life[2] ?? {}))).toEqual([look, who]);
  expect(await requestsOf(world, () => report(check, world, { ...life[2], ...newer }, newerRun))).toEqual([look, who, create]);
});

test.each<[string, Partial<RunView>, readonly unknown[]]>([
  ["waits", { state: "waiting", reason: "for the lane main" }, ["in_progress", "waiting: for the lane main"]],
  ["failed", failed, ["failure", "failed: build image: exit code 1", "Dockerfile:12: build image: exit code 1"]],
  ["was canceled", { ...ended, state: "canceled" }, ["cancelled", "canceled"]],
  ["was superseded", { ...ended, state: "superseded", reason: "by another" }, ["cancelled", "superseded: by another"]],
  [
    "was skipped as out of date",
    { ...ended, state: "skipped", outdated: true, reason: "main is at 1f2e by now" },
    ["cancelled", "skipped: main is at 1f2e by now"],
  ],
  [
    "was skipped as nothing was to be done",
    { ...ended, state: "skipped", reason: "no file of its paths changed" },
    ["skipped", "skipped: no file of its paths changed"],
  ],
  [
    "is parked",
    { ...ended, state: "parked", error: { ...failure, place: undefined } },
    ["failure", "failed, and waits for a person: build image: exit code 1"],
  ],
])("the check run of a run that %s", async (_, view, expected) => {
  await report(check, world, view);
  expect(all(world)).toEqual([["run", ...expected]]);
});

test("a run that fails at another line the second time has an annotation at each, once", async () => {
  await report(check, world, failed);
  await report(check, world, failed);
  await report(check, world, { ...failed, error: { ...failure, place: { file: "Dockerfile", line: 15 } } });
  expect(all(world)[0]?.slice(3)).toEqual(["Dockerfile:12: build image: exit code 1", "Dockerfile:15: build image: exit code 1"]);
});

test("text of others in a summary is shown as it reads", async () => {
  await report(check, world, { ...failed, error: { ...failure, message: hostile, hint: hostile } });
  const [{ output } = fail()] = world.github.checkRuns("acme/app", world.commit);
  expect([output.title, output.summary?.replace(world.commit, "COMMIT").replaceAll("\u200b", "·")]).toMatchInlineSnapshot(`
    [
      "failed: @acme/team closes #1 <!-- fairlead run=1 -->\\u{202e} | x | ![](https://evil.dev/x.png) · 1a2b3c4d/mhk2x9ab",
      "\`build_failed\` at \`Dockerfile:12\`

    \`\`\`text
    @acme/team closes #1 <! -- fairlead run=1 -->\\u{202e}
    | x | ![](https://evil.dev/x.png) · 1a2b3c4d/mhk2x9ab
    \`\`\`

    To mend it: @·acme/team closes \\#·1 \\<\\! -- fairlead run=1 --\\>\\\\u\\{202e\\} \\| x \\| \\!\\[\\]\\(https:·//evil.dev/x.png\\) · 1a2b3c4d/mhk2x9ab

    - commit: \`COMMIT\`
    - run: \`0193b2c4-0000-7000-8000-0000000000a1\` ([log](https://ci.acme.dev/runs/1))",
    ]
  `);
});

test("a check run whose text GitHub refuses for whatever reason ends with a plain text, and is not written again", async () => {
  const about = {
    state: "failed",
    error: { code: "build_failed", message: "build: “no” 🐛", place: { file: "Dockerfile", line: 1 } },
  } as const;
  const reason = { resource: "CheckRun", code: "custom", field: "title", message: "no" };
  const refusal = { status: 422, body: { message: "Validation Failed", errors: [reason] } };
  await report(check, world, { state: "queued" });
  world.github.fail({ ...refusal, method: "PATCH", path: /check-runs/ });
  await report(check, world, about);
  const again = await requestsOf(world, () => report(check, world, about));
  const shown = world.github.checkRuns("acme/app", world.commit).map(({ conclusion, output }) => [conclusion, output]);
  expect([shown, again]).toMatchInlineSnapshot(`
    [
      [
        [
          "failure",
          {
            "annotations": [],
            "summary": "failed: build: ?no? ?

    The server has refused the whole text.",
            "text": null,
            "title": "failed: build: ?no? ?",
          },
        ],
      ],
      [
        "GET /repos/acme/app/commits/SHA/check-runs",
        "POST /api/graphql",
      ],
    ]
  `);
});

test("a summary of more images than GitHub takes is cut by rows", async () => {
  const image = (at: number) => ({ image: `ghcr.io/acme/${"é".repeat(200)}:${at}`, from: "ghcr.io/acme/before", source: undefined });
  await report(check, world, {
    ...ended,
    state: "succeeded",
    facts: { images: Array.from({ length: 400 }, (_, at) => image(at)), pullRequest: undefined },
  });
  const [{ output } = fail()] = world.github.checkRuns("acme/app", world.commit);
  expect([Buffer.byteLength(output.summary ?? "") < 65_536, /and (\d+) more/.exec(output.summary ?? "")?.[1]]).toEqual([true, "350"]);
});

test("a check run is found among more than 100 of its name", async () => {
  await report(check, world, {});
  for (let at = 0; at < 105; at++) await report(check, world, { state: "succeeded" }, { subject: { run: `other-${at}` } });
  await report(check, world, { ...ended, state: "succeeded" });
  expect([all(world).length, all(world)[0]]).toEqual([106, ["run", "success", "succeeded"]]);
});

test("an older run makes no check run after that of a newer one, and still ends its own", async () => {
  await report(check, world, { ...newer, state: "running" }, newerRun);
  await report(check, world, { ...ended, state: "superseded" });
  expect(all(world)).toEqual([["newer run", "in_progress", "running"]]);
});

test("a superseded run ends its check run beside that of the newer one", async () => {
  await report(check, world, { state: "queued" });
  await report(check, world, { ...newer, state: "running" }, newerRun);
  await report(check, world, { ...ended, state: "superseded" });
  expect(all(world)).toEqual([
    ["run", "cancelled", "superseded"],
    ["newer run", "in_progress", "running"],
  ]);
});

test("two check runs that two processes have made for one run are brought to one state by the next report", async () => {
  world.github.before({ method: "POST", path: /check-runs/ }, () => report(check, world, {}));
  await report(check, world, {});
  expect(all(world)).toHaveLength(2);
  await report(check, world, { ...ended, state: "succeeded" });
  expect(all(world)).toEqual([
    ["run", "success", "succeeded"],
    ["run", "success", "succeeded"],
  ]);
});

test("a process that is late with a run's begin follows the one that has reported its end", async () => {
  world.github.before({ method: "POST", path: /check-runs/ }, () => report(check, world, failed));
  await report(check, world, {});
  expect(all(world).map(([, ...rest]) => rest.slice(0, 2))).toEqual([
    ["failure", "failed: build image: exit code 1"],
    ["failure", "failed: build image: exit code 1"],
  ]);
});

test("two processes that report the end of a run at once leave one state", async () => {
  await report(check, world, {});
  await Promise.all([report(check, world, { ...ended, state: "succeeded" }), report(check, world, { ...ended, state: "succeeded" })]);
  expect(all(world)).toEqual([["run", "success", "succeeded"]]);
});

test("a check run that another App has made of a run's name and id is left, and one of our own is made", async () => {
  await report(check, world, {}, { token: "other" });
  await report(check, world, { ...ended, state: "succeeded" });
  await report(check, world, { ...ended, state: "succeeded", reason: "again" });
  expect(all(world)).toEqual([
    ["run", "in_progress", "running"],
    ["run", "success", "succeeded"],
  ]);
});

test("a token that is no App's may make no check run", async () => {
  const refused = report(check, world, {}, { token: "person" });
  await expect(refused).rejects.toThrow(/the token does not allow it \(You must authenticate via a GitHub App\.\)$/);
  await expect(refused).rejects.toMatchObject({ code: "forbidden" });
});

test("an App that may not write check runs is forbidden to", async () => {
  const refused = report(check, world, {}, { token: "weak" });
  await expect(refused).rejects.toThrow(/the token does not allow it \(Resource not accessible by integration\)$/);
  await expect(refused).rejects.toMatchObject({ code: "forbidden", hint: "use a token with checks: write" });
});

test("GitHub's secondary rate limit is waited for, and the check run is made once", async () => {
  world.github.fail({ ...secondaryRateLimit, method: "POST", times: 2 });
  await report(check, world, { ...ended, state: "succeeded" });
  expect(all(world)).toEqual([["run", "success", "succeeded"]]);
});

test("a limit that does not end is unavailable, so that the report is sent later", async () => {
  world.github.fail({ ...secondaryRateLimit, method: "POST", times: 3 });
  await expect(report(check, world, {})).rejects.toMatchObject({ code: "unavailable" });
  await report(check, world, {});
  expect(all(world)).toEqual([["run", "in_progress", "running"]]);
});

const seen = (each: World): unknown => all(each);

const failedCheck = ["failure", "failed: build image: exit code 1", "Dockerfile:12: build image: exit code 1"];

test.each<[string, readonly Partial<RunView>[], Partial<RunView>, readonly string[]]>([
  ["the first report", [], {}, ["in_progress", "running"]],
  ["the end of a run", [{}], failed, failedCheck],
  ["a first report that is the end", [], failed, failedCheck],
])("a process that is killed at a write of a check run has the next one leave one: %s", async (_, before, view, expected) => {
  const { interrupted, ...whole } = await interruptEachWrite(() => reported(check, before, view, seen));
  expect([whole.writes.length, whole.seen]).toEqual([1, [["run", ...expected]]]);
  expect(interrupted).toEqual([
    { stopped: "write 1 not sent", seen: whole.seen, writes: [1, 0] },
    { stopped: "write 1 done, answer lost", seen: whole.seen, writes: [0, 0] },
  ]);
});
