/** Routes for all repositories of an owner in which an App is installed, and what those may set themselves. */
import { expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { routeEvents } from "../../../webhook/routing/route.ts";

const app = "  github.com: { app: 123, key: file:/etc/fairlead/app.pem }";
const image = "ghcr.io/acme/${{ event.repository.name | lower }}:sha-${{ event.commit | short }}";

function textOf({ credentials = app, repository = "github.com/acme/*", listed = "", with: values = "" }): string {
  return [
    ...[
      "version: 1",
      "credentials:",
      credentials,
      "sources:",
      "  github: { kind: github, secrets: env:KEY }",
      "routes:",
      "  - name: builds",
    ],
    `    when: { source: github, kind: push, repository: ${repository.startsWith("[") ? repository : `"${repository}"`}, branch: main }`,
    ...["    run: build", ...(listed === "" ? [] : [`    from-repository: ${listed}`])],
    `    with: { repository: "\${{ event.repository }}", ref: "\${{ event.commit }}", image: "${image}"${values} }`,
  ].join("\n");
}

const read = (given: Parameters<typeof textOf>[0]): ListenerConfig =>
  readConfig(textOf(given), { path: "fairlead.yaml", receivers, pipelines });

function problemsOf(given: Parameters<typeof textOf>[0]): readonly string[] {
  try {
    read(given);
    return [];
  } catch (error) {
    if (error instanceof FairleadError) return error.fields.map(({ message }) => message);
    throw error;
  }
}

test("a route for all repositories of an owner takes a credential of an App for its host or its owner", () => {
  expect(problemsOf({ listed: "[dockerfile, context, platforms, buildArgs]" })).toEqual([]);
  expect(problemsOf({ credentials: app.replace("github.com", "github.com/acme") })).toEqual([]);
});

test.each([
  ["only a token", { credentials: "  github.com: { token: env:TOKEN }" }],
  ["an App of another owner", { credentials: app.replace("github.com", "github.com/acme2") }],
  ["an App of one repository", { credentials: app.replace("github.com", "github.com/acme/app") }],
  ["an App of another host", { repository: "git.example.com/acme/*" }],
])("a route for all repositories of an owner, for which there is %s, is an error with line and column", (_what, given) => {
  const [problem, ...others] = problemsOf(given);
  expect(others).toEqual([]);
  expect(problem).toMatch(
    /^fairlead\.yaml:8:\d+ routes\[0\]\.when\.repository.*there is no App of [\w.]+ or [\w./]+: name its app and key/,
  );
});

test.each(["*", "github.com/*", "github.com/*/app", "github.com/acme/app-*", "github.com/acme/**", "**", "*/acme/*"])(
  "the pattern %j for repositories is an error: only all of an owner can be meant",
  (repository) => {
    expect(problemsOf({ repository })).toMatchObject([expect.stringContaining("expected a repository in full")]);
  },
);

test("a repository beside all of an owner, and fields that its repositories may set without such a route, are errors", () => {
  expect(problemsOf({ repository: '["github.com/acme/*", github.com/acme/app]' })).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:8:53 routes[0].when.repository: it names a repository beside all of an owner: give that a route of its own",
    ]
  `);
  expect(problemsOf({ repository: "github.com/acme/app", listed: "[dockerfile]" })).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:10:22 routes[0].from-repository: only a route for HOST/OWNER/* takes values of its repositories: leave it out",
    ]
  `);
});

test("fields that decide where a run writes, with what rights and what it shows to whom are never a repository's to set", () => {
  const listed =
    "[image, copyTo, repository, submodules, source, secrets, token, sshKey, registryPassword, awsRole, onConflict, dockerfil]";
  expect(problemsOf({ listed })).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:10:23 routes[0].from-repository[0]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:30 routes[0].from-repository[1]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:38 routes[0].from-repository[2]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:50 routes[0].from-repository[3]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:62 routes[0].from-repository[4]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:70 routes[0].from-repository[5]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:79 routes[0].from-repository[6]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:86 routes[0].from-repository[7]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:94 routes[0].from-repository[8]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:112 routes[0].from-repository[9]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:121 routes[0].from-repository[10]: it decides where a run writes, or with what rights: only the route may set it",
      "fairlead.yaml:10:133 routes[0].from-repository[11]: build has no such field; did you mean "dockerfile"?",
    ]
  `);
});

test("a push is routed by the name of its repository, in the owner's spelling of the route, and none that only looks like it is", () => {
  const config = read({});
  const commit = "4f1c2aa0b5d9f1e6c7a8b9c0d1e2f3a4b5c6d7e8";
  const route = (repository: string): unknown => {
    const push = { source: "github", delivery: "1", kind: "push", repository, branch: "main", commit, before: null } as const;
    const { runs, verdicts } = routeEvents(config, "github", [push]);
    const [verdict] = verdicts;
    return runs[0]?.input ?? (verdict !== undefined && "why" in verdict ? verdict.why : verdict);
  };
  expect(route("GitHub.com/ACME/Web.app")).toEqual({
    ...{ repository: "github.com/acme/Web.app", ref: commit, image: "ghcr.io/acme/web.app:sha-4f1c2aa" },
  });
  expect(
    [
      "github.com/acme2/app",
      "github.com/acme/..",
      "github.com/acme/a/b",
      "github.com/acme/",
      "github.com/acme/a:b",
      "evil.example/github.com/acme/app",
    ].map(route),
  ).toMatchInlineSnapshot(`
    [
      "repository is "github.com/acme2/app", not github.com/acme/*",
      "repository is "github.com/acme/..", not github.com/acme/*",
      "repository is "github.com/acme/a/b", not github.com/acme/*",
      "repository is "github.com/acme/", not github.com/acme/*",
      "repository is "github.com/acme/a:b", not github.com/acme/*",
      "repository is "evil.example/github.com/acme/app", not github.com/acme/*",
    ]
  `);
  expect(route("github.com/acme/-x")).toMatch(/"-x" is not a part of a repository/);
});
