import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitHub, type GitHub } from "./github.ts";

let server: GitHub;
let commit: string;

beforeEach(async () => {
  server = await startGitHub({ tokens: { writer: { login: "bot", write: ["acme/app"] } } });
  await server.createRepository("acme/app", { files: { "a.txt": "1\n" } });
  commit = await server.commit("acme/app", { branch: "topic", files: { "b.txt": "1\n" }, message: "b" });
});

afterEach(async () => {
  await server.stop();
  expect([server.unknown, server.violations]).toEqual([[], []]);
});

async function post(path: string, body: object): Promise<readonly [number, Readonly<Record<string, unknown>>]> {
  const headers = { authorization: "token writer", "user-agent": "test" };
  const answer = await fetch(`${server.apiUrl}/repos/acme/app/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return [answer.status, (await answer.json()) as Readonly<Record<string, unknown>>];
}

const make = async (body: object): Promise<readonly unknown[]> => {
  const [status, { message, errors }] = await post("deployments", body);
  return [status, message, ...(errors === undefined ? [] : [errors])];
};

test("the double merges the default branch into a branch that is to be deployed, unless it is told not to", async () => {
  await server.commit("acme/app", { branch: "main", files: { "a.txt": "2\n" }, message: "a" });
  await server.commit("acme/app", { branch: "other", files: { "a.txt": "3\n" }, message: "c" });
  await server.commit("acme/app", { branch: "main", files: { "a.txt": "4\n" }, message: "d" });
  expect([
    await make({ ref: "topic" }),
    await make({ ref: "other" }),
    await make({ ref: commit }),
    await make({ ref: "topic", auto_merge: false }),
  ]).toEqual([
    [202, "Auto-merged main into topic on deployment."],
    [409, "Conflict merging main into other"],
    [409, `Conflict merging main into ${commit}`],
    [201, undefined],
  ]);
});

test("the double makes no deployment of what has a status that is no success, or of what is not there", async () => {
  server.setStatus("acme/app", commit, { state: "failure", context: "ci", description: "no" });
  expect([
    await make({ ref: commit }),
    await make({ ref: commit, required_contexts: [] }),
    await make({ ref: "nowhere" }),
    await make({ ref: commit, required_contexts: [], description: "x".repeat(141) }),
  ]).toEqual([
    [
      409,
      `Conflict: Commit status checks failed for ${commit}.`,
      [{ contexts: [{ context: "ci", state: "failure" }], resource: "Deployment", field: "required_contexts", code: "invalid" }],
    ],
    [201, undefined],
    [422, "No ref found for: nowhere"],
    [
      422,
      "Validation Failed",
      [{ resource: "Deployment", field: "description", code: "custom", message: "description is too long (maximum is 140 characters)" }],
    ],
  ]);
});

test("a success makes older successes of its environment inactive, but those of production and transient ones", async () => {
  const ids: unknown[] = [];
  const kinds = [{ environment: "staging" }, { environment: "staging", transient_environment: true }, { environment: "production" }];
  for (const kind of [...kinds, ...kinds]) ids.push((await post("deployments", { ref: commit, ...kind }))[1].id);
  for (const id of ids) await post(`deployments/${String(id)}/statuses`, { state: "success" });
  expect(server.deployments("acme/app").map(({ environment, statuses }) => [environment, ...statuses])).toEqual([
    ["staging", "success", "inactive"],
    ["staging", "success"],
    ["production", "success"],
    ["staging", "success", "inactive"],
    ["staging", "success"],
    ["production", "success"],
  ]);
});
