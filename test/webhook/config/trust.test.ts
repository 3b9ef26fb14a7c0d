/** What may start which pipelines: by whose code they run, and by nothing else. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { FairleadError } from "../../../src/core/errors.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

/** Returns the problems of a configuration with one route. */
function problemsOf(when: string, ...lines: readonly string[]): readonly string[] {
  const text = [
    ...["version: 1", "sources:", "  github: { kind: github, secrets: env:KEY }", "routes:", "  - name: route"],
    ...[`    when: { source: github, repository: github.com/acme/app, ${when} }`, ...lines.map((line) => `    ${line}`)],
  ].join("\n");
  expect(() => parse(text) as unknown).not.toThrow();
  try {
    readConfig(text, { path: "fairlead.yaml", receivers, pipelines });
    return [];
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    return error.fields.map(({ message }) => message);
  }
}

const pulls = "kind: pull-request, base: main, action: opened";
const tell = ["run: notify", 'with: { message: hello, to: ["slack:C0RELEASES"] }'];
const build = ["run: build", 'with: { repository: "${{ event.repository }}", ref: "${{ event.commit }}", image: ghcr.io/acme/app:pr }'];
const forked = [build[0]!, build[1]!.replace(/ }$/, ", pullLogin: false }")];
const fleet = "fluxRepository: github.com/acme/fleet";

test("a route with forks: true may start a pipeline that only tells, and a build, which waits for an approval", () => {
  expect(problemsOf(`${pulls}, forks: true`, ...tell)).toEqual([]);
  expect(problemsOf(`${pulls}, forks: true`, ...forked)).toEqual([]);
});

test("attack 76 (a fork's Dockerfile copies out of private images): a build of forks with a login is an error with line and column", () => {
  const asked = ["", ", pullLogin: true"].map((more) => [build[0]!, build[1]!.replace(/ }$/, `${more} }`)]);
  expect(asked.flatMap((lines) => problemsOf(`${pulls}, forks: true`, ...lines))).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:8:11 routes[0].with: a fork's Dockerfile could read all that the login to the registry may: write pullLogin: false",
      "fairlead.yaml:8:119 routes[0].with.pullLogin: a fork's Dockerfile could read all that the login to the registry may: write pullLogin: false",
    ]
  `);
  expect(asked.flatMap((lines) => problemsOf(pulls, ...lines))).toEqual([]);
});

test("a route with forks: true to a pipeline that acts with our credentials is an error with line and column", () => {
  expect(problemsOf(`${pulls}, forks: true`, "run: deploy", `with: { images: [ghcr.io/acme/app:1], ${fleet} }`)).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:6:117 routes[0].when.forks: deploy acts with your credentials, and anybody may open a pull request from a fork: leave it out",
    ]
  `);
  expect(problemsOf(pulls, "run: deploy", `with: { images: [ghcr.io/acme/app:1], ${fleet} }`)).toEqual([]);
});

test("attack 70 (a fork's commit, approved, is written to the Flux repository): forks: true for a pipeline that writes to a repository is an error", () => {
  const asked = (more: string) => ["run: ship", build[1]!.replace(/ }$/, `, ${fleet}${more} }`)];
  expect(["", ", direct: true"].flatMap((more) => problemsOf(`${pulls}, forks: true`, ...asked(more)))).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:6:117 routes[0].when.forks: ship writes to a repository (contents:write), and anybody may open a pull request from a fork: leave it out, or run build",
      "fairlead.yaml:6:117 routes[0].when.forks: ship writes to a repository (contents:write), and anybody may open a pull request from a fork: leave it out, or run build",
    ]
  `);
  expect(problemsOf(pulls, ...asked(""))).toEqual([]);
  const writing = pipelines.filter(({ steps }) => steps.some(({ needs }) => needs.some((each) => each.endsWith(":write"))));
  expect(writing.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "deploy",
      "dispatch-repository",
      "dispatch-workflow",
      "ship",
    ]
  `);
});

test("a route with forks: true that gives a secret to a build is an error at the secret", () => {
  const lines = [forked[0]!, forked[1]!.replace(/ }$/, ", secrets: { TOKEN: env:TOKEN } }")];
  expect(problemsOf(`${pulls}, forks: true`, ...lines)).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:8:135 routes[0].with.secrets: a run that a fork may start is given no secret: leave it out",
    ]
  `);
  expect(problemsOf(pulls, ...lines)).toEqual([]);
});

test("a workflow, a check or a deployment that may be a fork's starts no build, as no approval would name it", () => {
  const kinds = ["kind: workflow, state: completed", "kind: check, state: success", "kind: deployment, state: success"];
  expect(kinds.flatMap((kind) => problemsOf(`${kind}, forks: true`, ...forked))).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:6:103 routes[0].when.forks: build runs their code, which is approved by pull request: expected kind pull-request",
      "fairlead.yaml:6:98 routes[0].when.forks: build runs their code, which is approved by pull request: expected kind pull-request",
      "fairlead.yaml:6:103 routes[0].when.forks: build runs their code, which is approved by pull request: expected kind pull-request",
    ]
  `);
  expect(kinds.flatMap((kind) => problemsOf(`${kind}, forks: true`, ...tell))).toEqual([]);
  expect(kinds.flatMap((kind) => problemsOf(kind, ...build))).toEqual([]);
});

test("a route of comments starts no pipeline that does more than to tell", () => {
  expect(problemsOf("kind: comment", ...tell)).toEqual([]);
  expect(problemsOf("kind: comment", "run: deploy", `with: { images: [ghcr.io/acme/app:1], ${fleet} }`)).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:6:68 routes[0].when.kind: anybody may write a comment, and deploy does more than to tell what it is given: let a step wait for the comment",
    ]
  `);
});

test("an event that cannot be a fork's has no forks in its conditions", () => {
  expect(problemsOf("kind: push, branch: main, forks: true", ...tell)).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:6:88 routes[0].when.forks: there is no such field",
    ]
  `);
});
