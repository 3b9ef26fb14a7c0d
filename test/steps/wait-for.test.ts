import { afterEach, beforeEach, expect, test } from "vitest";
import type { WantedCheck } from "../../src/core/gate/checks.ts";
import { waitForStep } from "../../src/steps/wait-for.ts";
import { git } from "../doubles/bare.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { runStep, token, type StepEnded, type Waiting } from "./gate.ts";

let github: GitHub;
let commit: string;
beforeEach(async () => {
  github = await startGitHub({
    tokens: {
      [token]: { login: "robot", read: ["acme/app"] },
      ci: { login: "ci[bot]", write: ["acme/app"] },
      lint: { login: "lint[bot]", write: ["acme/app"] },
      actions: { login: "github-actions[bot]", write: ["acme/app"] },
    },
  });
  const folder = await github.createRepository("acme/app", { files: { "README.md": "# app\n" }, private: true });
  commit = (await git(folder, ["rev-parse", "main"])).trim();
});
afterEach(async () => {
  await github.stop();
  expect([...github.unknown, ...github.violations]).toEqual([]);
});

async function waitFor(checks: readonly WantedCheck[], waiting?: Waiting): Promise<StepEnded> {
  return await runStep(github, waitForStep, (repository, until) => ({ repository, commit, checks, until }), waiting);
}

function status(context: string, state: "success" | "failure"): void {
  github.setStatus("acme/app", commit, { context, state, description: "" });
}

/** Makes a check run as an App does. */
async function check(name: string, conclusion?: string, by = "ci", url = "https://ci.example.com/7"): Promise<void> {
  const ended = conclusion === undefined ? { status: "in_progress" } : { status: "completed", conclusion };
  const body = JSON.stringify({ name, head_sha: commit, details_url: url, ...ended });
  const headers = { authorization: `token ${by}`, "content-type": "application/json", "user-agent": "ci" };
  const { status: code } = await fetch(`${github.apiUrl}/repos/acme/app/check-runs`, { method: "POST", headers, body });
  expect(code).toBe(201);
}
const passed = () => ({ commit, passed: true });
const short = (): string => commit.slice(0, 12);

test("statuses and checks that have all passed end the wait", async () => {
  status("ci/test", "failure");
  status("ci/test", "success");
  await check("build", "success");
  await check("lint", "failure");
  await check("lint", "neutral");
  await check("docs", "skipped");
  expect(await waitFor(["ci/test", "build", "lint", "docs"])).toEqual({ result: passed(), waited: [] });
});

test("checks that are missing, pending or ask for an action are waited for, each said by its name", async () => {
  await check("build");
  await check("deploy", "action_required");
  const meanwhile = async (look: number): Promise<void> => {
    if (look === 1) await check("build", "success");
    if (look === 2) await check("deploy", "success");
    if (look === 3) status("ci/test", "success");
  };
  expect(await waitFor(["ci/test", "build", "deploy"], { meanwhile })).toEqual({
    result: passed(),
    waited: [
      "ci/test is not there, build is in_progress, deploy is action_required",
      "ci/test is not there, deploy is action_required",
      "ci/test is not there",
    ].map((seen) => `waiting for checks of HOST/acme/app ${short()}: ${seen}`),
  });
});

test.each(["failure", "cancelled", "timed_out"])("a check that ends as %s ends the wait at once, with its page", async (conclusion) => {
  await check("build", conclusion);
  expect((await waitFor(["ci/test", "build"])).result).toBe(
    `conflict: wait for checks of HOST/acme/app ${short()}: build is ${conclusion} (https://ci.example.com/7)`,
  );
});

test("a status that fails ends the wait at once, though a check of the same name has passed", async () => {
  await check("build", "success");
  status("build", "failure");
  expect((await waitFor(["build"])).result).toBe(`conflict: wait for checks of HOST/acme/app ${short()}: build is failure`);
});

test.each(["failure", "cancelled"])("a later success of another App does not overrule a check that ends as %s", async (conclusion) => {
  await check("build", conclusion, "ci");
  await check("build", "success", "lint", "https://lint.example.com/1");
  expect((await waitFor(["build"])).result).toBe(
    `conflict: wait for checks of HOST/acme/app ${short()}: build is ${conclusion} (https://ci.example.com/7)`,
  );
});

test("two workflows with a job of one name both have to pass, whichever began later", async () => {
  const [first, second] = ["https://github.example.com/runs/1", "https://github.example.com/runs/2"];
  await check("test", undefined, "actions", first);
  await check("test", "success", "actions", second);
  const meanwhile = (): Promise<void> => check("test", "success", "actions", first);
  expect(await waitFor(["test"], { meanwhile })).toEqual({
    result: passed(),
    waited: [`waiting for checks of HOST/acme/app ${short()}: test is in_progress`],
  });
});

test("a check with its App counts no other App and no status of that name", async () => {
  await check("test", "failure", "lint");
  status("test", "success");
  const meanwhile = (): Promise<void> => check("test", "success", "actions");
  expect(await waitFor([{ name: "test", app: "github-actions" }], { meanwhile })).toEqual({
    result: passed(),
    waited: [`waiting for checks of HOST/acme/app ${short()}: test (github-actions) is not there`],
  });
  expect((await waitFor([{ name: "test", app: "lint" }])).result).toBe(
    `conflict: wait for checks of HOST/acme/app ${short()}: test (lint) is failure (https://ci.example.com/7)`,
  );
});

test("checks that are missing in time are named", async () => {
  status("ci/test", "success");
  expect((await waitFor(["ci/test", "build", "e2e\u202e"])).result).toBe(
    `conflict: wait for checks of HOST/acme/app ${short()}: not until 2026-01-02T03:05:05.000Z: build is not there, e2e\\u{202e} is not there`,
  );
});

test("a status is found among those of 250 names", async () => {
  for (let each = 0; each < 250; each += 1) status(`ci/${each}`, "success");
  expect(await waitFor(["ci/0", "ci/249"])).toEqual({ result: passed(), waited: [] });
});

test("a dry run waits for no check", async () => {
  expect(await waitFor(["build"], { dryRun: true })).toEqual({ result: { commit, passed: false }, waited: [] });
});
