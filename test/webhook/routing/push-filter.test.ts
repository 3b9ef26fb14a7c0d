import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Event } from "../../../src/core/event.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { routeEvents } from "../../../webhook/routing/route.ts";

const repository = "github.com/acme/app";
const [before, commit] = ["b".repeat(40), "c".repeat(40)];
const push: Event = { ...{ kind: "push", source: "github", delivery: "d" }, repository, branch: "main", commit, before };
const ours = "deploy it\n\nImage: ghcr.io/acme/app:1\nRun: 0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000";

/** Returns what a route with these conditions says of a push with this body. */
function verdictOf(when: object, body: unknown, more: object = {}, event: Event = push): string {
  const tell = { run: "notify", with: { message: "pushed", to: ["slack:C0RELEASES"] }, ...more };
  const route = { name: "r", when: { source: "ci", kind: "push", repository, branch: "*", ...when }, ...tell };
  const config = readConfig(JSON.stringify({ version: 1, sources: { ci: { kind: "github", secrets: "env:X" } }, routes: [route] }), {
    path: "fairlead.yaml",
    receivers,
    pipelines,
  });
  const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const [verdict] = routeEvents(config, "ci", [event], bytes).verdicts;
  return verdict!.outcome === "run" ? "run" : `${verdict!.outcome}: ${verdict!.why}`;
}

/** A push as GitHub tells of it. */
function pushed(commits: readonly { readonly message?: string; readonly modified?: readonly string[] }[], more: object = {}): object {
  const all = commits.map(({ message = "fix", modified = [] }, at) => ({
    ...{ id: at === commits.length - 1 ? commit : `${at}`.repeat(40), message, added: [], removed: [], modified },
  }));
  return {
    ref: "refs/heads/main",
    before,
    after: commit,
    forced: false,
    commits: all,
    head_commit: all.at(-1),
    sender: { login: "mona" },
    ...more,
  };
}

const changes = (...modified: readonly string[]): object => pushed([{ modified }]);
const none = (patterns: string): string => `skipped: it changes no path of ${patterns}`;

test.each<[string, object, object, string]>([
  ["a path that fits", { paths: "src/**" }, changes("README.md", "src/a/b.ts"), "run"],
  ["a path of an earlier commit", { paths: "src/**" }, pushed([{ modified: ["src/a"] }, { modified: ["b"] }]), "run"],
  ["no path that fits", { paths: "src/**" }, changes("README.md", "src2/a"), none("src/**")],
  ["a star for one part", { paths: "src/*" }, changes("src/a/b"), none("src/*")],
  ["a path that is taken out", { paths: ["src/**", "!**/*.md"] }, changes("src/a.md"), none("src/**, !**/*.md")],
  ["patterns that only take out", { paths: ["!docs/**", "!*.md"] }, changes("docs/a", "b.md"), none("!docs/**, !*.md")],
  ["patterns that only take out, and another path", { paths: ["!docs/**"] }, changes("docs/a", "b.md"), "run"],
  ["a shared path", { paths: "web/**", shared: "libs/**" }, changes("libs/a"), "run"],
  ["a shared path that paths would take out", { paths: ["web/**", "!**/*.md"], shared: "libs/**" }, changes("libs/a.md"), "run"],
  ["a payload whose list is cut off", { paths: "src/**" }, pushed([{ modified: ["a"] }], { total_commits_count: 30 }), "run"],
  ["a forced push", { paths: "src/**" }, pushed([{ modified: ["a"] }], { forced: true }), "run"],
  ["a new branch", { paths: "src/**" }, pushed([{ modified: ["a"] }], { before: "0".repeat(40) }), "run"],
  ["a payload without files", { paths: "src/**" }, { ...pushed([]), commits: [{ id: commit, message: "x" }] }, "run"],
  ["an author", { author: ["mona", "ann"] }, changes("a"), "run"],
  ["an author in another case", { author: "Mona" }, changes("a"), "run"],
  ["an author who is taken out in another case", { author: "!MONA" }, changes("a"), 'skipped: author is "mona", none of !MONA'],
  ["another author", { author: "ann" }, changes("a"), 'skipped: author is "mona", none of ann'],
  [
    "an author who is taken out",
    { author: ["!*[bot]"] },
    pushed([{}], { sender: { login: "dependabot[bot]" } }),
    'skipped: author is "dependabot[bot]", none of !*[bot]',
  ],
  ["an author whom nobody names", { author: "ann" }, {}, "skipped: the source does not say who has pushed"],
  ["words that want no run", {}, pushed([{ message: "Docs [skip ci]" }]), "skipped: its message says [skip ci]"],
  ["such words in an earlier commit alone", {}, pushed([{ message: "Docs [skip ci]" }, {}]), "run"],
])("a push with %s is routed by what its payload says", (_what, when, body, verdict) => expect(verdictOf(when, body)).toBe(verdict));

test("a form, and the bodies of GitLab, Gitea and Bitbucket, say the same", () => {
  const skip = "skipped: its message says [skip ci]";
  const { head_commit: _, ...gitlab } = pushed([{ message: "[skip ci]" }], { user_username: "mona", sender: undefined }) as Record<
    string,
    unknown
  >;
  const target = { hash: commit, message: "[skip ci]" };
  const bitbucket = { actor: { nickname: "mona" }, push: { changes: [{ new: { name: "main", target }, commits: [target] }] } };
  expect(verdictOf({}, `payload=${encodeURIComponent(JSON.stringify(gitlab))}`)).toBe(skip);
  expect(verdictOf({}, `payload=${new URLSearchParams({ a: JSON.stringify(gitlab) }).toString().slice(2)}`)).toBe(skip);
  expect([gitlab, bitbucket].map((body) => verdictOf({}, body))).toEqual([skip, skip]);
  expect([gitlab, bitbucket].map((body) => verdictOf({ author: "!mona" }, { ...body, x: 1 }))).toEqual([skip, skip]);
});

test("a saved push of GitHub is routed by its paths", async () => {
  const body = await readFile(new URL("../../fixtures/receivers/github/push-update/body", import.meta.url), "utf8");
  const { before: from, after } = JSON.parse(body) as { before: string; after: string };
  const own = body.replaceAll(after, commit).replaceAll(from, before);
  expect([verdictOf({ paths: "src/*.ts" }, own), verdictOf({ paths: "docs/**" }, own)]).toEqual(["run", none("docs/**")]);
});

const image = "ghcr.io/acme/app:sha-${{ event.commit }}";
const own = { run: "deploy", with: { images: [image], fluxRepository: repository } };

test("a push that is all ours makes no run of a route that writes there, and one of a route that does not", () => {
  const fleet = { run: "deploy", with: { images: [image], fluxRepository: "github.com/acme/fleet" } };
  const all = pushed([{ message: ours }]);
  expect(verdictOf({}, all, own)).toBe("skipped: all its commits are fairlead's own");
  expect(verdictOf({}, all, fleet)).toBe("run");
  expect(verdictOf({}, pushed([{ message: "fix" }, { message: ours }]), own)).toBe("run");
  expect(verdictOf({}, pushed([{ message: ours }], { before: "0".repeat(40) }), own)).toBe("run"); // not known: the run reads it
});

test("a new branch of fairlead's own is known by its name and its listed commits, and one with a person's commit is not", () => {
  const made: Event = { ...push, branch: "fairlead/app-0123456789ab", before: null };
  const zero = { before: "0".repeat(40), created: true };
  const route = { branch: "**" };
  const skipped = "skipped: all its commits are fairlead's own";
  const verdict = (body: unknown, event = made): string => verdictOf(route, body, own, event);
  const bitbucket = (message: string) => ({
    push: {
      changes: [
        { created: true, forced: false, truncated: false, new: { name: made.branch, target: { hash: commit } }, commits: [{ message }] },
      ],
    },
  });
  expect(verdict(pushed([{ message: ours }], zero))).toBe(skipped);
  expect(verdict({ ...pushed([], zero), head_commit: { id: commit, message: "fix" } })).toBe(skipped);
  expect(verdict(bitbucket(ours))).toBe(skipped);
  expect([pushed([{ message: "fix" }, { message: ours }], zero), bitbucket("fix"), {}].map((body) => verdict(body))).toEqual([
    "run",
    "run",
    "run",
  ]);
  expect(verdict(pushed([{ message: ours }], zero), { ...made, branch: "feature" })).toBe("run");
});

test("a push of Azure DevOps is routed by who has pushed and by what its newest commit says", () => {
  const azure = (comment: string) => ({
    eventType: "git.push",
    resource: {
      commits: [
        { commitId: commit, comment },
        { commitId: before, comment: "[skip ci]" },
      ],
      refUpdates: [{ name: "refs/heads/main", oldObjectId: before, newObjectId: commit }],
      pushedBy: { displayName: "Mona Lisa", uniqueName: "mona@acme.example" },
    },
  });
  expect(verdictOf({ author: "Mona@acme.example" }, azure("fix"))).toBe("run");
  expect(verdictOf({ author: "!mona@*" }, azure("fix"))).toBe('skipped: author is "mona@acme.example", none of !mona@*');
  expect(verdictOf({}, azure("docs [skip ci]"))).toBe("skipped: its message says [skip ci]");
  expect(verdictOf({}, azure("docs ***NO_CI***"))).toBe("skipped: its message says ***no_ci***");
  expect(verdictOf({}, azure("fix"))).toBe("run");
});

test.each([
  ["src/", "src/**"],
  ["./src/**", "src/**"],
  ["/src/**", "src/**"],
  ["!../docs/", "docs/**"],
  ["/", "**"],
])("a path %s that none can fit is refused, and the one that is meant is named", (path, meant) => {
  const why = `expected ${meant}`;
  for (const when of [{ paths: path }, { paths: ["src/**", path] }, { paths: "src/**", shared: path }])
    expect(() => verdictOf(when, {})).toThrow(why);
});
