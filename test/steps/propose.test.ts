import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import {
  closePullRequest,
  createRedactor,
  definePipeline,
  FairleadError,
  openPullRequest,
  openRun,
  pushBranch,
  repository,
  runPipeline,
  type Edit,
  type ProposedChange,
} from "../../src/library.ts";
import { secretValue } from "../../src/secrets.ts";
import { git } from "../doubles/bare.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";

const file = "package.json";

/** A change that is no image: the version of a package. */
function bumpVersion(version: string): ProposedChange {
  return {
    doing: `raise the version to ${version}`,
    key: `version ${version}`,
    slug: "version",
    identity: ["version", file, version],
    targets: [["version", file]],
    async edit(tree): Promise<Edit> {
      const paths = await Array.fromAsync(tree.list({ matching: (path) => path === file }));
      if (!paths.includes(file)) throw new FairleadError("not_found", `raise the version to ${version}: there is no ${file}`);
      const bytes = await tree.read(file);
      const text = Buffer.from(bytes).toString();
      const [, from = ""] = /"version": "(.*)"/.exec(text) ?? [];
      const edited = text.replace(`"version": "${from}"`, `"version": "${version}"`);
      if (edited === text) return { files: new Map(), before: new Map(), splices: new Map(), holding: [file], summary: [], warnings: [] };
      return {
        files: new Map([[file, Buffer.from(edited)]]),
        before: new Map([[file, bytes]]),
        splices: new Map(),
        holding: [file],
        summary: [{ file, document: 0, path: "version", line: 2, from, to: version, subjects: ["version"] }],
        warnings: [],
      };
    },
    prove(_before, after) {
      const { version: written } = JSON.parse(Buffer.from(after.get(file) ?? []).toString()) as { version: string };
      if (written !== version) throw new FairleadError("internal", `raise the version to ${version}: it would be ${written}`);
    },
  };
}

/** The three steps with any change, as a pipeline uses them. */
const proposing = (change: ProposedChange) =>
  definePipeline({
    name: "propose",
    summary: "Propose a change by pull request",
    examples: ["propose https://github.com/acme/app"],
    runs: "our code",
    output: z.object({
      head: z.string().nullable(),
      number: z.int().nullable(),
      closed: z.array(z.int()),
      changes: z.array(z.object({ file: z.string(), path: z.string(), from: z.string(), to: z.string() })),
    }),
    input: z.object({ repository: repository(), reopen: z.boolean().default(false) }),
    steps: [pushBranch, openPullRequest, closePullRequest],
    async run(ctx, { repository: to, reopen }) {
      const message = (): string => `${change.doing}\n`;
      const { result: pushed } = await ctx.run(pushBranch, { repository: to, base: undefined, change, direct: false, reopen, message });
      const { base, branch: head, marker } = pushed;
      const changes = pushed.changes.map(({ file: at, path, from, to: value }) => ({ file: at, path, from, to: value }));
      if (head === null) return { head, number: null, closed: [], changes };
      const { result: pull } = await ctx.run(openPullRequest, {
        repository: to,
        head,
        base,
        draft: false,
        autoMerge: undefined,
        marker: { ...marker, commit: marker.commit ?? undefined },
        text: (run) => ({ title: change.doing, body: `run ${run}` }),
        additions: { labels: [], assignees: [], reviewers: [], teamReviewers: [], milestone: undefined },
      });
      const { result } = await ctx.run(closePullRequest, {
        repository: to,
        base,
        change: marker.change,
        targets: marker.targets,
        edit: (tree, breathe) => change.edit(tree, breathe),
        changes: pushed.changes,
        holding: pushed.holding,
        head,
        number: pull.number,
        commit: pushed.commit,
        because: "which raises the version further",
      });
      return { head, number: pull.number, closed: result.closed, changes };
    },
  });

const token = "ghp_canary0123456789";
let github: GitHub;
let folder: string;
beforeEach(async () => {
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app"] } } });
  folder = await github.createRepository("acme/app", { files: { [file]: '{\n  "version": "1.4.2"\n}\n', "README.md": "# app\n" } });
});
afterEach(async () => {
  await github.stop();
  expect([...github.unknown, ...github.violations]).toEqual([]);
});

async function propose(change: ProposedChange, reopen = false) {
  const redactor = createRedactor();
  const servers = { settings: { github: { url: github.url, api: github.apiUrl } } };
  const credentials = [{ for: github.host, kind: "token" as const, secret: secretValue(token, "token", redactor) }];
  const settings = { dryRun: false, report: () => undefined, signal: new AbortController().signal, redactor, servers, credentials };
  await using open = openRun(settings);
  return await runPipeline(proposing(change), open.options, { repository: `${github.url}/acme/app`, reopen });
}
const pulls = (): readonly string[] =>
  github.pulls("acme/app").map(({ number, title, state, merged }) => `${number} ${title}: ${merged ? "merged" : state}`);
const writes = (): number => github.requests.filter(({ write }) => write).length;

test("a change without an image gets a branch, a commit and a pull request", async () => {
  const proposed = await propose(bumpVersion("1.5.0"));
  expect(proposed).toEqual({
    head: expect.stringMatching(/^fairlead\/version-[0-9a-f]{12}$/) as string,
    number: 1,
    closed: [],
    changes: [{ file, path: "version", from: "1.4.2", to: "1.5.0" }],
  });
  expect(pulls()).toEqual(["1 raise the version to 1.5.0: open"]);
  expect(await git(folder, ["diff", "--numstat", "main", proposed.head ?? ""])).toBe(`1\t1\t${file}`);
});

test("a second run adopts the pull request of a change without an image", async () => {
  const first = await propose(bumpVersion("1.5.0"));
  const before = writes();
  expect(await propose(bumpVersion("1.5.0"))).toEqual(first);
  expect([pulls(), writes() - before]).toEqual([["1 raise the version to 1.5.0: open"], 0]);
});

test("a newer change of the same target replaces the pull request of the older one", async () => {
  await propose(bumpVersion("1.5.0"));
  expect(await propose(bumpVersion("2.0.0"))).toMatchObject({ number: 2, closed: [1] });
  expect(pulls()).toEqual(["1 raise the version to 1.5.0: closed", "2 raise the version to 2.0.0: open"]);
  expect(github.comments("acme/app", 1)).toEqual(["Superseded by #2, which raises the version further."]);
});

test("a merged change is up to date, and nothing is written", async () => {
  await propose(bumpVersion("1.5.0"));
  await github.mergePull("acme/app", 1);
  const before = writes();
  expect(await propose(bumpVersion("1.5.0"))).toEqual({ head: null, number: null, closed: [], changes: [] });
  expect(writes()).toBe(before);
});

test("a change that was closed by hand is refused in its own words, and proposed again with reopen", async () => {
  await propose(bumpVersion("1.5.0"));
  await github.closePull("acme/app", 1);
  await expect(propose(bumpVersion("1.5.0"))).rejects.toThrow(
    `raise the version to 1.5.0 to ${github.host}/acme/app: pull request #1 asked for it, and was closed without being merged`,
  );
  expect(await propose(bumpVersion("1.5.0"), true)).toMatchObject({ number: 2, closed: [] });
});

test("an edit that its change cannot prove is not pushed", async () => {
  const wrong: ProposedChange = { ...bumpVersion("1.5.0"), edit: (tree, breathe) => bumpVersion("1.6.0").edit(tree, breathe) };
  await expect(propose(wrong)).rejects.toThrow("raise the version to 1.5.0: it would be 1.6.0");
  expect([writes(), pulls()]).toEqual([0, []]);
});
