import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { approversAt } from "../../src/config/approvers.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import { approveByTeamStep, approveEnvironmentStep, approveStep, type ApproveInput } from "../../src/steps/approve.ts";
import { git } from "../doubles/bare.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import type { NewComment, NewReview } from "../doubles/github/people.ts";
import { runStep, token, type StepEnded, type Waiting } from "./gate.ts";

let github: GitHub;
let folder: string;
let commit: string;
let number: number;
beforeEach(async () => {
  github = await startGitHub({ tokens: { [token]: { login: "robot", write: ["acme/app"] } } });
  folder = await github.createRepository("acme/app", {
    files: { "README.md": "# app\n" },
    collaborators: ["writer"],
    private: true,
  });
  number = await github.openFromFork("acme/app", { owner: "stranger", head: "topic`;reboot\u202e", title: "theirs", body: "" });
  commit = github.pulls("acme/app")[0]!.headSha;
  for (const [login, role] of Object.entries({
    boss: "admin",
    keeper: "maintain",
    triager: "triage",
    reader: "read",
    guard: "guard:write",
  }))
    github.setRole("acme/app", login, role);
});
afterEach(async () => {
  await github.stop();
  expect([...github.unknown, ...github.violations]).toEqual([]);
});

const asWriter = { authorization: `token ${token}`, "content-type": "application/json", "user-agent": "test" };

/** Writes two commits whose SHAs begin with the same 7 characters: somebody who looks for such finds some in a second. */
async function twins(bare: string): Promise<readonly [string, string]> {
  const [tree, parent] = (await git(bare, ["rev-parse", "main^{tree}", "main"])).trim().split("\n");
  const texts = new Map<string, string>();
  for (let nonce = 0; ; nonce += 1) {
    const person = "A Person <person@example.com> 1760000000 +0000";
    const text = `tree ${tree}\nparent ${parent}\nauthor ${person}\ncommitter ${person}\n\n${nonce}\n`;
    const start = createHash("sha1").update(`commit ${text.length}\0${text}`).digest("hex").slice(0, 7);
    const other = texts.get(start);
    texts.set(start, text);
    if (other === undefined) continue;
    const write = async (input: string): Promise<string> =>
      (await git(bare, ["hash-object", "-t", "commit", "-w", "--stdin"], { input })).trim();
    return [await write(other), await write(text)];
  }
}

type Asked = Partial<Omit<ApproveInput, "repository" | "until">>;
const input =
  (asked: Asked = {}) =>
  (repository: Repository, until: Date): ApproveInput => ({
    ...{ repository, commit, pullRequest: number, approvers: { right: "write", teams: [] }, until },
    ...asked,
  });

async function approve(asked?: Asked, waiting?: Waiting): Promise<StepEnded> {
  return await runStep(github, approveStep, input(asked), waiting);
}
const say = (comment: NewComment): void => github.writeComment("acme/app", number, comment);
const review = (submitted: NewReview): void => github.review("acme/app", number, submitted);

describe("the approval of a commit", () => {
  test("a comment /ok-to-test with the whole SHA by somebody with write access approves", async () => {
    say({ login: "writer", body: `/ok-to-test ${commit}` });
    expect(await approve()).toEqual({
      result: { commit, by: "writer", how: "comment", url: expect.stringMatching(/pull\/1#issuecomment-\d+$/) as string },
      waited: [],
    });
    expect(github.requests.map(({ method, path }) => `${method} ${path.split("?")[0]}`).sort()).toEqual([
      "GET /repos/acme/app/collaborators/writer/permission",
      "GET /repos/acme/app/issues/1/comments",
      "GET /repos/acme/app/pulls/1",
      "GET /repos/acme/app/pulls/1/reviews",
    ]);
  });

  test.each([
    ["a short SHA that is of one commit alone", () => say({ login: "writer", body: `/approve ${commit.slice(0, 7)}` }), "writer"],
    [
      "an upper-case SHA, with words below",
      () => say({ login: "boss", body: `/approve ${commit.toUpperCase()}\r\n\r\nlooks fine` }),
      "boss",
    ],
    ["a role of the organization's own that is based on write", () => say({ login: "guard", body: `/approve ${commit}` }), "guard"],
    ["a review of exactly this commit", () => review({ login: "keeper" }), "keeper"],
    [
      "a review that a comment of the same person follows",
      () => (review({ login: "keeper" }), review({ login: "keeper", state: "COMMENTED" })),
      "keeper",
    ],
    [
      "a review of somebody who had asked for changes",
      () => (review({ login: "keeper", state: "CHANGES_REQUESTED" }), review({ login: "keeper" })),
      "keeper",
    ],
    [
      "a review, though somebody who does not count asks for changes",
      () => (review({ login: "reader", state: "CHANGES_REQUESTED" }), review({ login: "keeper" })),
      "keeper",
    ],
  ])("%s approves", async (_what, act, by) => {
    act();
    expect((await approve()).result).toMatchObject({ commit, by });
  });

  test("an approval among 250 comments is found", async () => {
    for (let each = 0; each < 249; each += 1) say({ login: "stranger", body: `/ok-to-test ${commit}` });
    say({ login: "writer", body: `/ok-to-test ${commit}` });
    expect((await approve()).result).toMatchObject({ by: "writer", how: "comment" });
    expect(github.requests.filter(({ path }) => path.includes("/collaborators/"))).toHaveLength(2);
  });

  test("attack 93 (comment-flood): 300 accounts with short SHAs cost no more requests than 50 accounts, and a late approval is found", async () => {
    for (let each = 0; each < 300; each += 1) say({ login: `stranger${each}`, body: `/approve ${commit.slice(0, 7 + (each % 20))}` });
    say({ login: "writer", body: `/approve ${commit.slice(0, 9)}` });
    expect((await approve()).result).toMatchObject({ by: "writer" });
    const asked = github.requests.map(({ path }) => path.replaceAll(/stranger\d+|writer/g, "LOGIN").replaceAll(/\?.*/g, ""));
    const counts = Object.entries(Object.groupBy(asked, (path) => path)).map(([path, all]) => [path, all?.length]);
    expect(Object.fromEntries(counts)).toEqual({
      "/repos/acme/app/pulls/1": 1,
      "/repos/acme/app/pulls/1/reviews": 1,
      "/repos/acme/app/issues/1/comments": 4,
      "/repos/acme/app/collaborators/LOGIN/permission": 50,
      [`/repos/acme/app/commits/${commit.slice(0, 9)}`]: 1,
    });
  });

  test("attack 93 (comment-flood): accounts that reject cannot push the rejection of somebody who counts out of sight", async () => {
    say({ login: "writer", body: `/reject ${commit}` });
    for (let each = 0; each < 50; each += 1) say({ login: `stranger${each}`, body: `/reject ${commit}` });
    say({ login: "boss", body: `/approve ${commit}` });
    expect((await approve()).waited[0]).toContain(
      ": nobody who counts has approved it; more than 50 accounts are against it: decide on the command line; ",
    );
  });

  test("an approval that comes later ends the wait", async () => {
    const meanwhile = (look: number): void => void (look === 2 && say({ login: "writer", body: `/ok-to-test ${commit}` }));
    expect(await approve({}, { meanwhile })).toMatchObject({
      result: { by: "writer" },
      waited: [`waiting for approval of HOST/acme/app ${commit.slice(0, 12)} (#1): nobody who counts has approved it`],
    });
  });

  test("a dry run waits for nobody", async () => {
    expect(await approve({}, { dryRun: true })).toEqual({ result: { commit, by: null, how: null, url: null }, waited: [] });
  });

  test("an administrator's decision needs no provider", async () => {
    const decision = { verdict: "approved", commit, by: "root", reason: null } as const;
    expect((await approve({ decision })).result).toEqual({ commit, by: "root", how: "command line", url: null });
    expect(github.requests).toEqual([]);
  });
});

describe("what approves nothing", () => {
  const another = "1".repeat(40);
  test.each<readonly [string, () => unknown, string]>([
    [
      "a comment without a SHA",
      () => say({ login: "writer", body: "/ok-to-test" }),
      "the comment of writer does not count: it names no SHA",
    ],
    [
      "a comment for another SHA",
      () => say({ login: "writer", body: `/ok-to-test ${another}` }),
      "the comment of writer does not count: it names another commit",
    ],
    [
      "a SHA of 6 characters",
      () => say({ login: "writer", body: `/ok-to-test ${commit.slice(0, 6)}` }),
      "the comment of writer does not count: it names another commit",
    ],
    [
      "a comment that was edited",
      () => say({ login: "writer", body: `/ok-to-test ${commit}`, edited: true }),
      "the comment of writer does not count: it was edited",
    ],
    [
      "a comment that an app writes in somebody's name",
      () => say({ login: "writer", body: `/ok-to-test ${commit}`, app: true }),
      "the comment of writer does not count: a program has written it",
    ],
    [
      "a bot that is named like a person",
      () => say({ login: "writer", body: `/ok-to-test ${commit}`, bot: true }),
      "the comment of writer does not count: it is no person",
    ],
    [
      "somebody without write access",
      () => say({ login: "triager", body: `/ok-to-test ${commit}` }),
      "the comment of triager does not count: the right is triage, not write",
    ],
    [
      "the author of the fork",
      () => say({ login: "stranger", body: `/ok-to-test ${commit}` }),
      "the comment of stranger does not count: the right is none, not write",
    ],
    [
      "an account that is gone",
      () => (github.deleteAccount("acme/app", "writer"), say({ login: "writer", body: `/ok-to-test ${commit}` })),
      "the comment of writer does not count: the right is none, not write",
    ],
    ["a command that is quoted", () => say({ login: "writer", body: `> /ok-to-test ${commit}\n\nno` }), ""],
    ["a command in a block of code by its indent", () => say({ login: "writer", body: `    /approve ${commit}` }), ""],
    ["a command in a block of code by a tab, below blank lines", () => say({ login: "writer", body: `\n \n\t/approve ${commit}` }), ""],
    ["a command in a fence", () => say({ login: "writer", body: `~~~\n/approve ${commit}\n~~~` }), ""],
    ["a command in a comment that is not shown", () => say({ login: "writer", body: `<!-- /approve ${commit} -->` }), ""],
    ...["not!", "when CI is green", "\u2028/reject", "?"].map(
      (more) =>
        [
          `a command with ${JSON.stringify(more)} behind it`,
          () => say({ login: "writer", body: `/approve ${commit} ${more}` }),
          "the comment of writer does not count: the command is not alone on its line",
        ] as const,
    ),
    ["a command below other words", () => say({ login: "writer", body: `write this:\n/ok-to-test ${commit}` }), ""],
    [
      "a review of an older commit",
      () => review({ login: "keeper", commit: another }),
      "the review of keeper does not count: it is of another commit",
    ],
    [
      "a review that was dismissed",
      () => review({ login: "keeper", state: "DISMISSED" }),
      "the review of keeper does not count: it was dismissed",
    ],
    ["a review that only comments", () => review({ login: "keeper", state: "COMMENTED" }), ""],
    [
      "a review, while somebody asks for changes",
      () => (review({ login: "keeper", state: "CHANGES_REQUESTED", commit: another }), review({ login: "boss" })),
      "keeper asks for changes",
    ],
  ])("%s ends in time with what is missing", async (_what, act, why) => {
    act();
    const seen = ["nobody who counts has approved it", why].filter(Boolean).join("; ");
    expect((await approve()).result).toBe(
      `conflict: approve HOST/acme/app ${commit.slice(0, 12)}: not until 2026-01-02T03:05:05.000Z: ${seen}`,
    );
  });

  test("attack 94 (review-race): no review approves the commit of a fork, and a comment with its SHA does", async () => {
    review({ login: "keeper" });
    const { result } = await approve({ isOfFork: true });
    expect(result).toContain("; the review of keeper does not count: of a fork's commit, a comment with its SHA does");
    say({ login: "keeper", body: `   /ok-to-test ${commit}  ` });
    expect((await approve({ isOfFork: true })).result).toMatchObject({ by: "keeper", how: "comment" });
  });

  test("a short SHA that fits two commits approves neither, and the whole one does", async () => {
    const [first, second] = await twins(folder);
    await git(folder, ["update-ref", "refs/heads/twin", first]);
    const body = JSON.stringify({ title: "twin", head: "twin", base: "main" });
    const opened = await fetch(`${github.apiUrl}/repos/acme/app/pulls`, { method: "POST", headers: asWriter, body });
    const { number: pullRequest } = (await opened.json()) as { number: number };
    const asked = { commit: first, pullRequest };
    github.writeComment("acme/app", pullRequest, { login: "writer", body: `/ok-to-test ${second.slice(0, 7)}` });
    expect((await approve(asked)).result).toContain("the comment of writer does not count: its SHA fits more than one commit");
    github.writeComment("acme/app", pullRequest, { login: "writer", body: `/ok-to-test ${first}` });
    expect((await approve(asked)).result).toMatchObject({ by: "writer" });
  });

  test("many who do not count make a short message", async () => {
    for (const login of ["a", "b", "c", "d", "e"]) say({ login, body: `/ok-to-test ${commit}` });
    expect((await approve()).waited).toEqual([
      `waiting for approval of HOST/acme/app ${commit.slice(0, 12)} (#1): nobody who counts has approved it; ${["a", "b", "c"]
        .map((login) => `the comment of ${login} does not count: the right is none, not write`)
        .join("; ")}; 2 more`,
    ]);
  });
});

describe("what ends a wait", () => {
  test("a rejection by somebody who counts ends it, though another has approved", async () => {
    say({ login: "boss", body: `/approve ${commit}` });
    say({ login: "writer", body: `/reject ${commit} it mines coins` });
    expect((await approve()).result).toBe(
      `conflict: approve HOST/acme/app ${commit.slice(0, 12)}: writer has rejected it in http://HOST/acme/app/pull/1#ID`,
    );
  });

  test("a rejection by somebody who does not count ends nothing", async () => {
    say({ login: "reader", body: `/reject ${commit}` });
    say({ login: "writer", body: `/approve ${commit}` });
    expect((await approve()).result).toMatchObject({ by: "writer" });
  });

  test("an administrator's rejection ends it with the reason", async () => {
    const decision = { verdict: "rejected", commit, by: "root", reason: "freeze" } as const;
    expect((await approve({ decision })).result).toBe(
      `conflict: approve HOST/acme/app ${commit.slice(0, 12)}: root has rejected it on the command line: freeze`,
    );
  });

  test("a newer push ends it: the approval of the older commit is worth nothing", async () => {
    await github.commit("acme/app", { branch: "ours", files: { "a.txt": "1\n" }, message: "ours" });
    say({ login: "writer", body: `/ok-to-test ${commit}` });
    const older = "2".repeat(40);
    expect((await approve({ commit: older })).result).toBe(
      `conflict: approve HOST/acme/app ${older.slice(0, 12)}: pull request #1 is at ${commit.slice(0, 12)} by now`,
    );
  });

  test("a pull request that was closed ends it", async () => {
    say({ login: "writer", body: `/ok-to-test ${commit}` });
    await github.closePull("acme/app", number);
    expect((await approve()).result).toBe(`conflict: approve HOST/acme/app ${commit.slice(0, 12)}: pull request #1 is closed`);
  });

  test("a short commit as the input is refused", async () => {
    expect((await approve({ commit: commit.slice(0, 12) })).result).toBe(
      `input: approve HOST/acme/app ${commit.slice(0, 12)}: expected a full SHA`,
    );
  });
});

describe("members of a team", () => {
  const approvers = { right: undefined, teams: ["acme/release-team"] };
  const byTeam = (waiting?: Waiting): Promise<StepEnded> => runStep(github, approveByTeamStep, input({ approvers }), waiting);

  test("a member approves, without a right in the repository", async () => {
    github.setTeam("acme/app", "acme/release-team", { releaser: "active" });
    say({ login: "releaser", body: `/approve ${commit}` });
    expect((await byTeam()).result).toMatchObject({ by: "releaser", how: "comment" });
  });

  test.each([
    ["an administrator who is no member", "boss"],
    ["somebody who is only invited", "invited"],
  ])("%s does not approve", async (_who, login) => {
    github.setTeam("acme/app", "acme/release-team", { releaser: "active", invited: "pending" });
    say({ login, body: `/approve ${commit}` });
    expect((await byTeam()).result).toContain(`the comment of ${login} does not count: no member of acme/release-team`);
  });

  test("a team that is not there is one error, at once", async () => {
    expect(await byTeam()).toEqual({
      result: "not_found: read team acme/release-team for HOST/acme/app: there is no such team, or the token does not show it",
      waited: [],
    });
  });

  test("a token that may not read members is one error, at once", async () => {
    github.setTeam("acme/app", "acme/release-team", { releaser: "active" });
    const words = { message: "Resource not accessible by integration", documentation_url: "https://docs.github.com/rest", status: "403" };
    github.fail({ path: /\/teams\//, status: 403, headers: { "x-accepted-github-permissions": "members=read" }, body: words });
    expect(await byTeam()).toEqual({
      result:
        "forbidden: read team acme/release-team for HOST/acme/app: the token does not allow it (Resource not accessible by integration)",
      waited: [],
    });
  });
});

describe("an environment of a workflow", () => {
  const environment = { name: "production", workflowRun: "30433642" };
  const byEnvironment = (): Promise<StepEnded> => runStep(github, approveEnvironmentStep, input({ environment }));

  test("an approval of the environment approves", async () => {
    github.decideEnvironment("acme/app", 30433642, "production", "approved", "releaser");
    expect((await byEnvironment()).result).toEqual({ commit, by: "releaser", how: "environment", url: null });
  });

  test("attack 95 (past-reviewers): a comment of somebody with write access opens no gate that asks for the environment alone", async () => {
    say({ login: "writer", body: `/approve ${commit}` });
    const approvers = approversAt("github", { environment: "production" });
    const { result } = await runStep(github, approveEnvironmentStep, input({ environment, approvers }));
    expect(result).toContain("; the comment of writer does not count: only the reviewers of the environment do");
    expect(github.requests.filter(({ path }) => path.includes("/collaborators/"))).toEqual([]);
  });

  test("an approval of another environment approves nothing", async () => {
    github.decideEnvironment("acme/app", 30433642, "staging", "approved", "releaser");
    expect((await byEnvironment()).result).toContain("nobody who counts has approved it");
  });

  test("an environment that was rejected and approved counts once the last attempt of its workflow has succeeded, in any order", async () => {
    await github.commit("acme/app", { branch: "main", files: { ".github/workflows/go.yaml": "on: workflow_dispatch\n" }, message: "Go" });
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const body = JSON.stringify({ ref: "main" });
    await fetch(`${github.apiUrl}/repos/acme/app/actions/workflows/go.yaml/dispatches`, { method: "POST", headers, body });
    const run = github.workflowRuns("acme/app")[0]!.id;
    github.decideEnvironment("acme/app", run, "production", "rejected", "writer");
    github.decideEnvironment("acme/app", run, "production", "approved", "releaser");
    github.decideEnvironment("acme/app", run, "staging", "approved", "releaser");
    github.decideEnvironment("acme/app", run, "staging", "rejected", "writer");
    const decided = (name: string): Promise<StepEnded> =>
      runStep(github, approveEnvironmentStep, input({ environment: { name, workflowRun: String(run) } }));
    for (const conclusion of [null, "failure"]) {
      github.advanceRun("acme/app", run, { conclusion });
      for (const name of ["production", "staging"])
        expect((await decided(name)).result).toContain(`environment ${name} was rejected and approved, and its workflow has not succeeded`);
    }
    github.advanceRun("acme/app", run, { attempt: 2, conclusion: "success" });
    for (const name of ["production", "staging"])
      expect((await decided(name)).result).toEqual({ commit, by: "releaser", how: "environment", url: null });
  });

  test("a rejection of the environment ends the wait", async () => {
    github.decideEnvironment("acme/app", 30433642, "production", "rejected", "releaser");
    expect((await byEnvironment()).result).toBe(
      `conflict: approve HOST/acme/app ${commit.slice(0, 12)}: releaser has rejected it for environment production`,
    );
  });
});
