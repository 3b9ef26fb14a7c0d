import type { Reporter, RunView, Subject } from "../../src/core/reporter.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { reportContext, subjectOf, viewOf, type ContextOptions } from "./context.ts";
import type { Reported } from "./interrupt.ts";

/** The repository of an application at the double, and a commit of it. */
export interface World extends AsyncDisposable {
  readonly github: GitHub;
  readonly commit: string;
}

/** Starts a double with `acme/app` and a pull request there, and the tokens `app`, `other` and `weak` (of installations of Apps), `person` and `reader`. */
export async function openWorld(): Promise<World> {
  const write = ["acme/app"];
  const permissions = {
    checks: "write",
    contents: "read",
    deployments: "write",
    metadata: "read",
    pull_requests: "write",
    statuses: "write",
  } as const;
  const github = await startGitHub({
    tokens: {
      app: { login: "fairlead[bot]", write, installation: { permissions } },
      other: { login: "other[bot]", write, installation: { permissions } },
      weak: { login: "weak[bot]", write, installation: { permissions: { checks: "read", metadata: "read", statuses: "read" } } },
      person: { login: "person", write },
      reader: { login: "eye", read: write },
    },
  });
  await github.createRepository("acme/app", { private: true });
  const commit = await github.commit("acme/app", { branch: "main", files: { Dockerfile: "FROM scratch\n" }, message: "build" });
  await github.openFromFork("acme/app", { owner: "ada", head: "work", title: "work", body: "" });
  return { github, commit, [Symbol.asyncDispose]: () => github.stop() };
}

/** Reports as a process of its own does. */
export async function report(
  reporter: Reporter,
  { github, commit }: World,
  view: Partial<RunView>,
  { subject = {}, ...options }: Partial<ContextOptions> & { readonly subject?: Partial<Subject> } = {},
): Promise<void> {
  await reporter.report(reportContext(github, { token: "app", ...options }), subjectOf(github, commit, subject), viewOf(view));
}

/** Returns the requests of what is done, as `METHOD path` without the commit and ids. */
export async function requestsOf({ github }: World, doing: () => Promise<unknown>): Promise<readonly string[]> {
  const before = github.requests.length;
  await doing();
  const path = (text: string): string =>
    text
      .replace(/\?.*/, "")
      .replace(/[0-9a-f]{40}/g, "SHA")
      .replace(/\d{4,}/g, "ID");
  return github.requests.slice(before).map((request) => `${request.method} ${path(request.path)}`);
}

/** Returns a double with the reports before, and the one that is interrupted. */
export async function reported(
  reporter: Reporter,
  before: readonly Partial<RunView>[],
  view: Partial<RunView>,
  seen: (world: World) => unknown,
): Promise<Reported> {
  const world = await openWorld();
  for (const each of before) await report(reporter, world, each);
  return {
    github: world.github,
    report: (signal) => report(reporter, world, view, { signal }),
    seen: () => seen(world),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** An image that a run has built, and its pull request. */
export const made: RunView["facts"] = {
  images: [{ image: `ghcr.io/acme/app:1.5@sha256:${"a".repeat(64)}`, from: "ghcr.io/acme/app:1.4", source: undefined }],
  pullRequest: { repository: "github.com/acme/fleet", number: 7, url: "https://github.com/acme/fleet/pull/7" },
};

/** A text of others that tries all that Markdown, a log or a record could take for its own. */
export const hostile = "@acme/team closes #1 <!-- fairlead run=1 -->\u202e\n| x | ![](https://evil.dev/x.png) · 1a2b3c4d/mhk2x9ab";
