/** 90 to 95: what is run behind a gate, and whose word opens it. */
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { FairleadError } from "../../src/core/errors.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { openAppBed } from "../git-providers/app-bed.ts";
import { startGitHub } from "../doubles/github.ts";
import { build } from "../../src/pipelines/build.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig } from "../../webhook/config.ts";
import { assertGatedSource } from "../../webhook/config/gated-source.ts";
import { receivers } from "../../webhook/receivers/index.ts";

type Fields = Readonly<Record<string, unknown>>;

function problemsOf(route: Fields, more: Fields = {}): readonly string[] {
  const sources = { github: { kind: "github", secrets: "env:X" } };
  const text = stringify({ version: 1, sources, ...more, routes: [{ name: "try", run: "build", ...route }] });
  try {
    readConfig(text, { path: "fairlead.yaml", receivers, pipelines });
    return [];
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    return error.fields.map(({ message }) => message);
  }
}

const pull = { source: "github", kind: "pull-request", repository: "github.com/acme/app", base: "main", action: ["opened", "updated"] };
const forks = { ...pull, forks: true };
const exact = { repository: "https://github.com/acme/app", ref: "${{ event.commit }}", image: "ghcr.io/acme/try", pullLogin: false };
const writeRef =
  /^fairlead\.yaml:\d+:\d+ routes\[0\]\.with\S*: its gate is about the commit of the event: write ref: "\$\{\{ event\.commit \}\}"$/;
const writeRepository =
  /^fairlead\.yaml:\d+:\d+ routes\[0\]\.with\S*: its gate is about a commit of the event: write repository: "\$\{\{ event\.repository \}\}"$/;

describe("a route that builds behind a gate", () => {
  const refs: readonly (readonly [string, string | undefined])[] = [
    ["a branch, which a fork may call refs/pull/6/head", "${{ event.branch }}"],
    ["the head of a pull request", "refs/pull/${{ event.number }}/head"],
    ["the merge of a pull request", "refs/pull/${{ event.number }}/merge"],
    ["a part of the commit", "${{ event.commit | short }}"],
    ["a branch that is written", "main"],
    ["a commit that is written", "a".repeat(40)],
    ["the default branch", undefined],
  ];
  test.each(refs)("attack 90 (ref-swap): a gate for forks before a build of %s is an error with line and column", (_what, ref) => {
    const problems = problemsOf({ when: forks, with: { ...exact, ref } });
    expect(problems).toContainEqual(expect.stringMatching(writeRef));
  });

  test.each(refs)("attack 90 (ref-swap): a gate of checks before a build of %s is an error with line and column", (_what, ref) => {
    const problems = problemsOf({ when: pull, gate: { checks: ["ci/test"] }, with: { ...exact, ref } });
    expect(problems).toContainEqual(expect.stringMatching(writeRef));
  });

  test.each<[string, Fields]>([
    ["another repository", { repository: "https://github.com/acme/other" }],
    ["a repository of the same name elsewhere", { repository: "https://github.com.evil.example/acme/app" }],
    ["a folder", { repository: undefined, source: "/srv/app" }],
  ])("attack 91 (repository-swap): a gate before a build of %s is an error with line and column", (_what, more) => {
    expect(problemsOf({ when: forks, with: { ...exact, ...more } })).toContainEqual(expect.stringMatching(writeRepository));
  });

  test("attack 90 (ref-swap): a push, and an environment that asks for an approval, are held to the commit as well", () => {
    const push = { source: "github", kind: "push", repository: "github.com/acme/app", branch: "main" };
    const environments = { production: { fluxRepository: "https://github.com/acme/fleet", approve: {} } };
    const moving = { ...exact, ref: "main" };
    expect(problemsOf({ when: push, gate: { approve: {} }, with: moving })).toEqual([expect.stringMatching(writeRef)]);
    expect(problemsOf({ when: push, run: "ship", with: { ...moving, environment: "production" } }, { environments })).toEqual([
      expect.stringMatching(writeRef),
    ]);
    expect(problemsOf({ when: push, run: "ship", with: { ...exact, environment: "production" } }, { environments })).toEqual([]);
    expect(problemsOf({ when: push, with: moving })).toEqual([]);
  });

  test("attack 90 (ref-swap): no repository of an owner chooses what is built behind a gate by its own file", () => {
    const credentials = { "github.com": { app: "1", key: "env:KEY" } };
    const own = { when: { ...forks, repository: "github.com/acme/*" }, with: { ...exact, repository: "${{ event.repository }}" } };
    expect(problemsOf({ ...own, "from-repository": ["context"] }, { credentials })).toEqual([]);
    expect(problemsOf({ ...own, "from-repository": ["context", "ref"] }, { credentials })).toEqual([
      expect.stringContaining("routes[0].from-repository[1]: its gate is about the commit of the event: leave it out"),
    ]);
    expect(problemsOf({ ...own, with: exact }, { credentials })).toEqual([expect.stringMatching(writeRepository)]);
  });

  test("the event's commit of its repository is built behind a gate, however that is written", () => {
    for (const more of [
      {},
      { ref: "${{event.commit}}" },
      { repository: "${{ event.repository }}" },
      { repository: "ssh://git@github.com/Acme/App" },
    ])
      expect(problemsOf({ when: forks, with: { ...exact, ...more } })).toEqual([]);
  });
});

test("attack 90 (ref-swap): a run whose input is of another commit or repository than its gate ends before anybody is asked", () => {
  const [commit, repository] = ["a".repeat(40), "github.com/acme/app"];
  const run =
    (more: Fields, of = commit) =>
    (): void =>
      assertGatedSource(build, { repository: parseRepository(`https://${repository}`), ref: commit, ...more }, { repository, commit: of });
  expect(run({})).not.toThrow();
  const wrong = [
    { ref: "b".repeat(40) },
    { ref: undefined },
    { ref: "main" },
    { repository: parseRepository("github.com/acme/b") },
    { repository: undefined },
  ];
  for (const more of wrong)
    expect(run(more)).toThrow("build: it would run another commit than github.com/acme/app aaaaaaaaaaaa, which its gate is about");
  expect(run({ ref: "main" }, "main")).toThrow("build: it would run another commit");
});

test("attack 96 (wide-token): whoever may approve is asked for by a token of an App that may only read", async () => {
  await using github = await startGitHub();
  await github.createRepository("acme/app", { files: { "a.txt": "a\n" }, collaborators: ["writer"] });
  const app = github.createApp({
    slug: "acme-fairlead",
    permissions: { contents: "write", pull_requests: "write", administration: "write" },
  });
  github.installApp({ app: app.id, account: "acme" });
  const { provider } = openAppBed(github, { app, needs: ["pull-requests:read", "comments:read", "contents:read"] });
  expect(await provider.people?.right(parseRepository(`${github.url}/acme/app`), "writer")).toBe("write");
  expect(github.mintedTokens().map(({ repositories, permissions }) => ({ repositories, permissions }))).toEqual([
    { repositories: ["acme/app"], permissions: { contents: "read", metadata: "read" } },
  ]);
});
