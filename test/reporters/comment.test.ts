import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Rollout, RunView, Subject } from "../../src/core/reporter.ts";
import { formatBody } from "../../src/reporters/comment/body.ts";
import { formatRows, marker, readRows } from "../../src/reporters/comment/record.ts";
import type { Row } from "../../src/reporters/comment/row.ts";
import { comment } from "../../src/reporters/comment.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { reportContext, runs, subjectOf, viewOf } from "./context.ts";
import { interruptEachWrite, type Reported } from "./interrupt.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const [oneRun, otherRun] = runs;
const staging = { name: "staging", url: "https://app.stg.acme.dev" };
const production = { name: "production", url: undefined };
const tokens = { writer: { login: "fairlead[bot]", write: ["acme/app"] } };

let server: GitHub;
let since: string;
let commit: string;

/** A pull request of the application with three commits, and what was deployed before it. */
async function open(): Promise<GitHub> {
  const started = await startGitHub({ tokens });
  await started.createRepository("acme/app", { files: { "a.txt": "0\n" } });
  since = await started.commit("acme/app", { branch: "work", files: { "a.txt": "1\n" }, message: "one" });
  await started.commit("acme/app", { branch: "work", files: { "a.txt": "2\n" }, message: "SHOP-12: two by @mallory (#7)" });
  commit = await started.commit("acme/app", { branch: "work", files: { "a.txt": "3\n" }, message: "three <!-- x --> UTF-8 SHOP-12 PAY-3" });
  const { pullRequests } = reportContext(started, { token: "writer" }).gitProvider(started.host);
  const { repository } = subjectOf(started, commit);
  await pullRequests!.open({ repository, head: "work", base: "main" }, { title: "work", body: "" }, false);
  return started;
}

beforeEach(async () => {
  server = await open();
});
afterEach(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

const facts = (host: string, number = 1): RunView["facts"] => ({
  images: [
    {
      image: `ghcr.io/acme/app:1.${number}@${digest}`,
      from: "ghcr.io/acme/app:1.0",
      source: { repository: `${host}/acme/app`, commit, since },
    },
  ],
  pullRequest: { repository: "github.com/acme/fleet", number, url: `https://github.com/acme/fleet/pull/${number}` },
});
const rollout = (state: Rollout["state"]): Rollout => ({ state, commit: "f".repeat(40), at: new Date("2026-11-30T12:10:00Z") });
const view = (changes: Partial<RunView> = {}): RunView =>
  viewOf({ route: "main", state: "succeeded", facts: facts(server.host), rollout: rollout("proposed"), ...changes });

async function report(changes: Partial<RunView> = {}, subject: Partial<Subject> = {}): Promise<void> {
  const about = subjectOf(server, commit, { pullRequest: 1, environment: staging, ...subject });
  await comment.report(reportContext(server, { token: "writer" }), about, view(changes));
}

const shown = (body = ""): string =>
  body
    .replace(/^<!-- fairlead:rows .*/m, "<!-- rows -->")
    .replaceAll(server.url, "HOST")
    .replaceAll(commit, "COMMIT")
    .replaceAll(since, "SINCE")
    .replaceAll(commit.slice(0, 7), "COMMIT7")
    .replace(/`[0-9a-f]{7}`/g, "`SHA`");
/** The rows of the table of the one comment. */
function tableOf(all: readonly string[]): readonly string[] {
  expect(all.length).toBe(1);
  return (all[0] ?? "").split("\n").filter((line) => /^\| (?!where)/.test(line));
}
const table = (): readonly string[] => tableOf(server.comments("acme/app", 1));
const requests = (from: number): readonly string[] =>
  server.requests
    .slice(from)
    .map(
      ({ method, path }) => `${method} ${path.replace(/\?.*|[0-9a-f]{40}|(?<=\/)\d{4,}/g, (part) => (part.startsWith("?") ? "" : "N"))}`,
    );

describe("the comment", () => {
  test("the comment has where each image goes, the commits since the image before, their pull requests and tickets", async () => {
    await report();
    expect(shown(server.comments("acme/app", 1)[0])).toMatchInlineSnapshot(`
      "<!-- fairlead:deployments -->

      | where | image | digest | state | pull request |
      |---|---|---|---|---|
      | [staging](https://app.stg.acme.dev/) | \`ghcr.io/acme/app:1.1\` | \`sha256:abababababab\` | proposed: waits for the merge of github.com/acme/fleet\\#​1 | [github.com/acme/fleet\\#​1](https://github.com/acme/fleet/pull/1) |

      **staging**: 2 commits since \`ghcr.io/acme/app:1.0\`, [compare](HOST/acme/app/compare/SINCE...COMMIT)

      - \`COMMIT7\` three \\<\\! -- x --\\> UTF-8 SHOP-12 PAY-3 (A Person)
      - \`SHA\` SHOP-12: two by @​mallory \\(\\#​7\\) (A Person)

      Pull requests: #7

      Tickets: SHOP-12, PAY-3

      <!-- rows -->"
    `);
  });

  test("the commits are those since the tag of the image before, or since its commit where it has no tag", async () => {
    const sinceOf = async (name: string, from: string | undefined): Promise<string | undefined> => {
      const images = facts(server.host).images.map((each) => ({ ...each, from }));
      await report({ facts: { ...facts(server.host), images } }, { environment: { name, url: undefined } });
      return new RegExp(`^\\*\\*${name}\\*\\*: 2 commits since \`(.*)\`, `, "m").exec(server.comments("acme/app", 1)[0] ?? "")?.[1];
    };
    expect(await sinceOf("pinned", `ghcr.io/acme/app:1.0@${digest}`)).toBe("ghcr.io/acme/app:1.0");
    expect(await sinceOf("digest", `ghcr.io/acme/app@${digest}`)).toBe(since.slice(0, 7));
    expect(await sinceOf("port", `127.0.0.1:5000/acme/app@${digest}`)).toBe(since.slice(0, 7));
    expect(await sinceOf("unknown", undefined)).toBe(since.slice(0, 7));
  });

  test("the comment is edited in place as the run goes on", async () => {
    await report();
    await report({ rollout: rollout("merged") });
    await report({ rollout: rollout("ready") });
    expect(table()).toMatchInlineSnapshot(`
      [
        "| [staging](https://app.stg.acme.dev/) | \`ghcr.io/acme/app:1.1\` | \`sha256:abababababab\` | deployed: Flux reports it ready, since 2026-11-30T12:10:00Z | [github.com/acme/fleet\\#​1](https://github.com/acme/fleet/pull/1) |",
      ]
    `);
  });

  test("a run costs no request before its pull request is open, and a write for each change of its state", async () => {
    const before = server.requests.length;
    await report({ state: "queued", facts: { images: [], pullRequest: undefined }, rollout: undefined });
    await report({ state: "running", facts: { images: [], pullRequest: undefined }, rollout: undefined });
    expect(requests(before)).toEqual([]);
    await report({ state: "running", rollout: undefined });
    const list = "GET /repos/acme/app/issues/1/comments";
    const first = [list, "GET /repos/acme/app/compare/N...N", "POST /repos/acme/app/issues/1/comments", list];
    expect(requests(before)).toEqual(first);
    await report();
    await report({ rollout: rollout("ready") });
    const again = [list, "POST /api/graphql"]; // each process asks once who it is
    expect(requests(before)).toEqual([...first, ...again, ...again, "PATCH /repos/acme/app/issues/comments/N", list]);
  });

  test("the comment is found among 250 others, and one that somebody else has written with its marker is left alone", async () => {
    server.comment("acme/app", 1, "mallory", `${marker}\n${formatRows([])}`);
    for (let at = 0; at < 149; at++) server.comment("acme/app", 1, "ada", `comment ${at}`);
    await report();
    for (let at = 0; at < 100; at++) server.comment("acme/app", 1, "ada", `later ${at}`);
    await report({ rollout: rollout("ready") });
    const all = server.comments("acme/app", 1);
    expect([all.length, all[0], all.filter((body) => body.startsWith(marker)).length]).toEqual([251, `${marker}\n${formatRows([])}`, 2]);
    expect(tableOf([all[150] ?? ""])[0]).toContain("deployed");
  });

  test("each environment has its own row, and a route without one too", async () => {
    await report();
    await report({ facts: facts(server.host, 2), rollout: rollout("merged") }, { run: otherRun, environment: production });
    await report(
      { facts: { ...facts(server.host), pullRequest: undefined }, rollout: undefined, route: "images" },
      { run: "third", environment: undefined },
    );
    await report({ rollout: rollout("ready") });
    expect(table().map((row) => row.split(" | ").filter((_, at) => at === 0 || at === 3))).toMatchInlineSnapshot(`
      [
        [
          "| [staging](https://app.stg.acme.dev/)",
          "deployed: Flux reports it ready, since 2026-11-30T12:10:00Z",
        ],
        [
          "| production",
          "merged: github.com/acme/fleet\\#​2 is merged, and Flux has yet to report",
        ],
        [
          "| images",
          "done",
        ],
      ]
    `);
  });

  test("a newer run takes the row of its environment, and an older one does not take it back", async () => {
    const later = new Date("2026-11-30T13:00:00Z");
    await report();
    await report({ createdAt: later, facts: facts(server.host, 2) }, { run: otherRun });
    await report({ rollout: rollout("closed") });
    expect(table()[0]).toContain("acme/fleet\\#\u200b2");
  });

  test("a run that finds its images deployed leaves the row of the run that brought them, and takes that of one that failed", async () => {
    const later = { createdAt: new Date("2026-11-30T13:00:00Z"), rollout: undefined, route: undefined };
    const nothing = { ...later, facts: { ...facts(server.host), pullRequest: undefined } };
    const error = { code: "unavailable" as const, message: "post it: no answer", hint: undefined };
    await report({ rollout: rollout("ready") });
    const deployed = server.comments("acme/app", 1);
    await report(nothing, { run: otherRun });
    expect(server.comments("acme/app", 1)).toEqual(deployed);
    await report({ ...later, state: "failed", error }, { run: otherRun });
    expect(table()[0]).toContain("failed: post it: no answer");
    await report({ ...nothing, createdAt: new Date("2026-11-30T14:00:00Z") }, { run: "third" });
    expect(table()[0]).toContain("| done |");
  });

  test("a commit that came by a pull request is told there, and one that came by none is told nowhere", async () => {
    const alone = await server.commit("acme/app", { branch: "main", files: { "b.txt": "1\n" }, message: "alone" });
    await report({}, { pullRequest: undefined, commit: alone });
    expect(server.comments("acme/app", 1)).toEqual([]);
    const merge = await server.mergePull("acme/app", 1);
    await report({}, { pullRequest: undefined, commit: merge });
    expect(server.comments("acme/app", 1).length).toBe(1);
  });

  test("a commit of several pull requests is told on the open one whose head it is, though another that has it is older", async () => {
    const send = async (path: string, body: object): Promise<void> => {
      const headers = { authorization: "Bearer writer", "content-type": "application/json" };
      const answer = await fetch(`${server.apiUrl}/repos/acme/app${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      expect(answer.status).toBe(201);
    };
    const head = await server.commit("acme/app", { branch: "lower", files: { "l.txt": "1\n" }, message: "lower" });
    await send("/git/refs", { ref: "refs/heads/upper", sha: head });
    await server.commit("acme/app", { branch: "upper", files: { "u.txt": "1\n" }, message: "upper" });
    for (const name of ["upper", "lower"]) await send("/pulls", { head: name, base: "main", title: name });
    await report({}, { pullRequest: undefined, commit: head });
    expect([2, 3].map((number) => server.comments("acme/app", number).length)).toEqual([0, 1]);
  });

  test.each<[string, Partial<RunView>]>([
    ["closed", { rollout: rollout("closed") }],
    ["superseded", { state: "superseded", rollout: undefined, facts: { images: [], pullRequest: undefined } }],
    ["canceled", { state: "canceled" }],
    ["of no image", { rollout: undefined, facts: { images: [], pullRequest: undefined } }],
  ])("a run that is %s makes no comment by itself", async (_, changes) => {
    await report(changes);
    expect(server.comments("acme/app", 1)).toEqual([]);
  });

  test("a run that fails says why, and text of others is no Markdown, mentions nobody and hides nothing", async () => {
    const message = "build `x`: | failed @acme/all --> <!-- fairlead:rows [] --> [a](http://b)";
    await report({
      state: "failed",
      rollout: undefined,
      error: { code: "input", message, hint: undefined },
      facts: { images: [], pullRequest: undefined },
    });
    const [body = ""] = server.comments("acme/app", 1);
    expect(table()[0]?.replaceAll("\u200b", "·")).toMatchInlineSnapshot(
      `"| [staging](https://app.stg.acme.dev/) |  |  | failed: build \\\`x\\\`: \\| failed @·acme/all --\\> \\<\\! -- fairlead:rows \\[\\] --\\> \\[a\\]\\(http:·//b\\) |  |"`,
    );
    expect(readRows(body)).toMatchObject([{ key: "staging", state: `failed: ${message}` }]);
  });

  test("commits of another repository than the pull request's are not listed", async () => {
    const { images, pullRequest } = facts(server.host);
    const other = images.map((each) => ({ ...each, source: { repository: "github.com/acme/secret", commit, since } }));
    const before = server.requests.length;
    await report({ facts: { images: other, pullRequest } });
    expect([server.comments("acme/app", 1)[0]?.includes("since"), requests(before).some((each) => each.includes("compare"))]).toEqual([
      false,
      false,
    ]);
  });

  test("commits that cannot be compared are left out", async () => {
    const { images, pullRequest } = facts(server.host);
    const lost = images.map((each) => ({ ...each, source: { repository: `${server.host}/acme/app`, commit, since: "0".repeat(40) } }));
    await report({ facts: { images: lost, pullRequest } });
    expect(table().length).toBe(1);
  });
});

describe("several applications in one environment", () => {
  const at = (hour: number): Pick<RunView, "createdAt"> => ({ createdAt: new Date(Date.UTC(2026, 10, 30, hour)) });
  const noFacts: RunView["facts"] = { images: [], pullRequest: undefined };
  const error = { code: "input" as const, message: "no Dockerfile", hint: undefined };
  /** A run that fails before it has an image. */
  const failed = { state: "failed", facts: noFacts, rollout: undefined, error } as const;
  /** The pull request of version N of an application, and its image. */
  function factsOf(name: string, number: number): RunView["facts"] {
    const { images, pullRequest } = facts(server.host, number);
    return { images: images.map((each) => ({ ...each, image: each.image.replace("acme/app", `acme/${name}`) })), pullRequest };
  }
  /** Reports on a run of this hour that deploys version N of an application, by the route of its name or by another one. */
  async function deploy(name: string, hour: number, changes: Partial<RunView> = {}): Promise<void> {
    await report({ route: name, facts: factsOf(name, hour), ...at(hour), ...changes }, { run: `run-${hour}`, environment: production });
  }
  /** Where each row is, its image, and the first word of its state. */
  const rows = (): readonly string[] =>
    table().map((row) => {
      const [where = "", image, , state] = row.slice(2).split(" | ");
      return [where, image?.replace(/`|ghcr.io.acme./g, ""), state?.split(":")[0]].join(" ").replace(/ +/g, " ").replaceAll("\\", "");
    });

  test("two routes that deploy to one environment have a row each, and the news say which is whose", async () => {
    await deploy("api", 1);
    expect(rows()).toEqual(["production api:1.1 proposed"]);
    await deploy("web", 2);
    expect(rows()).toEqual(["production (api) api:1.1 proposed", "production (web) web:1.2 proposed"]);
    const [body = ""] = server.comments("acme/app", 1);
    expect(body.match(/^\*\*.*?\*\*/gm)).toEqual([String.raw`**production \(api\)**`, String.raw`**production \(web\)**`]);
  });

  test("each run changes the row of its own application, and a newer one takes that alone", async () => {
    await deploy("api", 1);
    await deploy("web", 2);
    await deploy("api", 1, { rollout: rollout("ready") });
    expect(rows()).toEqual(["production (api) api:1.1 deployed", "production (web) web:1.2 proposed"]);
    await deploy("api", 3, { rollout: rollout("merged") });
    await deploy("web", 2, { rollout: rollout("ready") });
    await deploy("api", 1, { rollout: rollout("reverted") });
    expect(rows()).toEqual(["production (api) api:1.3 merged", "production (web) web:1.2 deployed"]);
  });

  test("an older run that is reported late does not hide behind the newer run of another application", async () => {
    await deploy("web", 2);
    await deploy("api", 1);
    expect(rows()).toEqual(["production (web) web:1.2 proposed", "production (api) api:1.1 proposed"]);
  });

  test("a run that fails before it has an image takes the row of its route, and its rerun brings the image back", async () => {
    await deploy("api", 1);
    await deploy("web", 2);
    await deploy("web", 3, failed);
    expect(rows()).toEqual(["production (api) api:1.1 proposed", "production (web) failed"]);
    await deploy("web", 3, { rollout: rollout("merged") });
    expect(rows()).toEqual(["production (api) api:1.1 proposed", "production (web) web:1.3 merged"]);
    await deploy("web", 4);
    expect(rows()).toEqual(["production (api) api:1.1 proposed", "production (web) web:1.4 proposed"]);
  });

  test("images that one route deploys by an event each have a row each, and a run of it that fails early hides none", async () => {
    const route = { route: "images" };
    await deploy("api", 1, route);
    await deploy("web", 2, route);
    await deploy("web", 3, { ...route, ...failed });
    await deploy("web", 3, { ...route, ...failed, state: "parked" });
    const deployed = ["production (images) api:1.1 proposed", "production (images) web:1.2 proposed"];
    expect(rows()).toEqual([...deployed, "production (images) failed"]);
    await deploy("web", 4, route);
    expect(rows()).toEqual(["production (images) api:1.1 proposed", "production (images) web:1.4 proposed"]);
  });

  test("a run of a command line that fails before it has an image hides no application, and the next success takes its row", async () => {
    const route = { route: undefined };
    await deploy("api", 1, { ...route, rollout: rollout("ready") });
    await deploy("web", 2, { ...route, ...failed });
    await deploy("web", 3, { ...route, ...failed });
    expect(rows()).toEqual(["production api:1.1 deployed", "production failed"]);
    await deploy("web", 4, { ...route, rollout: rollout("ready") });
    expect(rows()).toEqual(["production api:1.1 deployed", "production web:1.4 deployed"]);
  });

  test("a run that is older than a failure of an unknown application has its row all the same", async () => {
    await deploy("web", 2, { ...failed, route: undefined });
    await deploy("api", 1);
    expect(rows()).toEqual(["production failed", "production (api) api:1.1 proposed"]);
    await deploy("api", 1, { rollout: rollout("ready") });
    expect(rows()).toEqual(["production failed", "production (api) api:1.1 deployed"]);
  });

  test("a run that deploys several images takes the rows of each of them", async () => {
    await deploy("api", 1);
    await deploy("web", 2);
    const [api, web] = [factsOf("api", 3), factsOf("web", 3)];
    await deploy("both", 3, { facts: { ...api, images: [...api.images, ...web.images] } });
    expect(rows()).toEqual(["production api:1.3 proposed", "production web:1.3 proposed"]);
    expect(readRows(server.comments("acme/app", 1)[0] ?? "").map(({ route }) => route)).toEqual(["both"]);
  });

  test("a comment of an older fairlead, whose rows have no route, is read, and each application keeps its own row", async () => {
    const images = [{ image: "ghcr.io/acme/api:1.1", digest }];
    const old = {
      key: "production",
      run: "run-1",
      at: at(1).createdAt.getTime(),
      url: null,
      state: "deployed: before",
      images,
      pull: null,
      news: [],
    };
    server.comment("acme/app", 1, "fairlead[bot]", `${marker}\n\n<!-- fairlead:rows ${JSON.stringify([old])} -->`);
    await deploy("web", 2);
    expect(rows()).toEqual(["production api:1.1 deployed", "production (web) web:1.2 proposed"]);
    await deploy("web", 3, failed);
    await deploy("api", 4);
    expect(rows()).toEqual(["production (api) api:1.4 proposed", "production (web) failed"]);
  });

  test("two that comment at the same time for two applications leave one comment with the rows of both", async () => {
    server.before({ method: "POST", path: /\/comments$/ }, () => deploy("web", 2));
    await deploy("api", 1);
    expect(rows()).toEqual(["production (web) web:1.2 proposed", "production (api) api:1.1 proposed"]);
  });

  test("two that comment at the same time for one application leave the row to the newer run", async () => {
    server.before({ method: "POST", path: /\/comments$/ }, () => deploy("api", 2));
    await deploy("api", 1);
    await deploy("api", 2, { rollout: rollout("ready") });
    expect(rows()).toEqual(["production api:1.2 deployed"]);
  });
});

describe("more than one process", () => {
  test("two that comment at the same time leave one comment with the rows of both", async () => {
    server.before({ method: "POST", path: /\/comments$/ }, () =>
      report({ facts: facts(server.host, 2) }, { run: otherRun, environment: production }),
    );
    await report();
    expect(table().map((row) => row.split(" | ")[0])).toEqual(["| production", "| [staging](https://app.stg.acme.dev/)"]);
  });

  /** A run of this minute, which brings another version to the same environment, or to another one. */
  const runOf = (minute: number, where: NonNullable<Subject["environment"]> = staging): readonly [Partial<RunView>, Partial<Subject>] => [
    { createdAt: new Date(Date.UTC(2026, 10, 30, 12, minute)), facts: facts(server.host, minute) },
    { run: `run-${minute}`, environment: where },
  ];
  /** The environment and the image of each row of the one comment. */
  const left = (): readonly string[] => readRows(shownOnce()).map(({ key, images: [image] }) => `${key} ${image?.image}`);
  function shownOnce(): string {
    const [body = "", ...more] = server.comments("acme/app", 1);
    expect(more).toEqual([]);
    return body;
  }

  test.each<[string, number, number]>([
    ["an older run", 2, 1],
    ["a newer run", 1, 2],
  ])("the comment of a run is the only one, wherever %s comments in full while it reports", async (_, first, second) => {
    await server.stop();
    let done = false;
    for (let skip = 0; !done; skip++) {
      await using github = await open();
      server = github;
      let acted = false;
      github.before({ skip }, async () => {
        acted = true;
        await report(...runOf(second));
      });
      await report(...runOf(first));
      if (!acted) await report(...runOf(second));
      expect([skip, left()]).toEqual([skip, ["staging ghcr.io/acme/app:1.2"]]);
      done = !acted;
      if (done) expect(skip).toBeGreaterThan(3);
    }
  });

  test.each<[string, number, number]>([
    ["the older run's comes first", 1, 2],
    ["the newer run's comes first", 2, 1],
  ])("two comments that are written at once, as both have found none, end as one: %s", async (_, first, second) => {
    const posts = { method: "POST", path: /\/comments$/ };
    const both = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    server.before(posts, () => both.promise);
    const one = report(...runOf(first)).finally(() => written.resolve());
    await vi.waitUntil(() => server.requests.some(({ method, path }) => method === "POST" && path.endsWith("/comments")));
    server.before(posts, () => {
      both.resolve();
      return written.promise;
    });
    await Promise.all([one, report(...runOf(second))]);
    expect(left()).toEqual(["staging ghcr.io/acme/app:1.2"]);
  });

  test("two runs that comment at once for two environments end as one comment with the rows of both", async () => {
    await Promise.all([report(...runOf(1)), report(...runOf(2, production))]);
    expect(left().toSorted()).toEqual(["production ghcr.io/acme/app:1.2", "staging ghcr.io/acme/app:1.1"]);
  });

  test("two comments that two processes have left are one after the next report, though it has nothing to say", async () => {
    await report(...runOf(2));
    const [body = ""] = server.comments("acme/app", 1);
    server.comment("acme/app", 1, "fairlead[bot]", body.replaceAll("staging", "canary"));
    await report(...runOf(1));
    expect(left()).toEqual(["staging ghcr.io/acme/app:1.2", "canary ghcr.io/acme/app:1.2"]);
  });

  test("two that edit at the same time leave the rows of both", async () => {
    await report();
    server.before({ method: "PATCH", path: /\/comments\/\d+$/ }, () => report({}, { run: otherRun, environment: production }));
    await report({ rollout: rollout("merged") });
    await report({ rollout: rollout("merged") }, { run: otherRun, environment: production });
    expect(table().map((row) => row.split(" | ")[3]?.split(":")[0])).toEqual(["merged", "merged"]);
  });

  /** Opens a double with the comment of another environment, or with none, and a process that reports. */
  async function world(before: boolean): Promise<Reported> {
    const github = await open();
    const run = (subject: Partial<Subject>, signal?: AbortSignal): Promise<void> =>
      comment.report(
        reportContext(github, { token: "writer", ...(signal && { signal }) }),
        subjectOf(github, commit, { pullRequest: 1, environment: staging, ...subject }),
        viewOf({ route: "main", state: "succeeded", facts: facts(github.host), rollout: rollout("ready") }),
      );
    if (before) await run({ run: otherRun, environment: production });
    return {
      github,
      report: (signal) => run({}, signal),
      seen: () => tableOf(github.comments("acme/app", 1)),
      [Symbol.asyncDispose]: () => github.stop(),
    };
  }

  test.each([
    ["the first comment", false, "POST /repos/acme/app/issues/1/comments"],
    ["a row of its own", true, "PATCH /repos/acme/app/issues/comments/N"],
  ])("a process that is killed while it writes %s leaves one comment, which the next one finishes", async (_, before, write) => {
    const { writes, seen, interrupted } = await interruptEachWrite(() => world(before));
    expect(writes).toEqual([write]);
    expect(interrupted.map((each) => [each.stopped, each.seen, each.writes[1]])).toEqual([
      ["write 1 not sent", seen, 0],
      ["write 1 done, answer lost", seen, 0],
    ]);
  });

  test("a process that is killed before it deletes the double leaves it to the next", async () => {
    const open = async (): Promise<Reported> => {
      const opened = await world(true);
      const [body = ""] = opened.github.comments("acme/app", 1);
      opened.github.comment("acme/app", 1, "fairlead[bot]", body);
      return opened;
    };
    const { writes, seen, interrupted } = await interruptEachWrite(open);
    expect(writes).toEqual(["PATCH /repos/acme/app/issues/comments/N", "DELETE /repos/acme/app/issues/comments/N"]);
    expect(interrupted.map((each) => [each.seen, each.writes[1]])).toEqual(interrupted.map(() => [seen, 0]));
  });
});

describe("the record in the comment", () => {
  const row: Row = {
    key: "staging",
    route: "main",
    run: oneRun,
    at: 1,
    url: "https://a.dev",
    state: "merged: --> @x",
    images: [{ image: "ghcr.io/acme/app:1", digest }],
    pull: { text: "acme/fleet#1", url: "https://github.com/acme/fleet/pull/1" },
    news: [
      {
        since: "1.0",
        compare: null,
        total: 1,
        commits: [{ sha: "abc1234", subject: "s", author: "a" }],
        pullRequests: [1],
        tickets: ["A1-2"],
      },
    ],
  };

  test("the record is read back as it was written, and nothing of it ends the comment that hides it", () => {
    const line = formatRows([row]);
    expect([readRows(`x\n${line}\ny`), line.slice(5, -4).includes("--"), line.includes("@")]).toEqual([[row], false, false]);
  });

  test.each([
    ["no JSON", "[{]"],
    ["a row that is none", '[null, 1, "x", [], {}]'],
    ["a number for a time", '[{"key":"a","run":"b","state":"c","at":"now"}]'],
    ["a text of many lines", '[{"key":"a\\nb","run":"b","state":"c","at":1}]'],
    ["a text without an end", `[{"key":"${"a".repeat(301)}","run":"b","state":"c","at":1}]`],
  ])("a record with %s has no row", (_, json) => {
    expect(readRows(`<!-- fairlead:rows ${json} -->`)).toEqual([]);
  });

  test("a record that somebody has edited is kept where it has the form, and no more of it than we write", () => {
    const edited = {
      ...row,
      url: 1,
      pull: [],
      images: Array(30).fill(row.images[0]),
      news: [{ ...row.news[0], pullRequests: ["1", -1, 2], tickets: ["<b>"] }],
    };
    const [read, ...more] = readRows(`<!-- fairlead:rows ${JSON.stringify(Array(40).fill(edited)).replaceAll("-->", "")} -->`);
    expect([read?.url, read?.pull, read?.images.length, read?.news[0]?.pullRequests, read?.news[0]?.tickets, more.length]).toEqual([
      null,
      null,
      10,
      [2],
      [],
      19,
    ]);
  });

  test("a comment is never longer than GitHub takes: commits are left out first, then the oldest runs", () => {
    const commits = Array.from({ length: 20 }, () => ({ sha: "abc1234", subject: "-".repeat(100), author: "-".repeat(50) }));
    const news = Array.from({ length: 5 }, () => ({ ...row.news[0]!, total: 20, commits }));
    const rows = (count: number, changes: Partial<Row>): readonly Row[] =>
      Array.from({ length: count }, (_, at) => ({ ...row, key: `place-${at}`, at, ...changes }));
    const images = Array.from({ length: 10 }, () => ({ image: "-".repeat(300), digest }));
    const [many, huge] = [formatBody(rows(4, { news })), formatBody(rows(20, { images, state: "-".repeat(300) }))];
    expect([many.length <= 65_536, readRows(many).length, huge.length <= 65_536]).toEqual([true, 4, true]);
    expect(readRows(huge).at(-1)?.key).toBe("place-19");
  });
});
