import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { git } from "../doubles/bare.ts";
import { fluxFiles, readerToken, startWorld, type World } from "../pipelines/world.ts";
import { attempt, namesOf } from "./attempt.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const deploy = (tag: string, ...more: readonly string[]): readonly string[] => [
  ...["deploy", `${world.registry.host}/acme/app:${tag}@sha256:${"a".repeat(64)}`],
  ...["--flux-repository", `${world.github.url}/acme/flux`, "--unchecked", ...more],
];
const tried = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
  attempt(args, { ...world.env, ...env }, namesOf(world));
const branches = async (): Promise<readonly string[]> =>
  (await git(world.folders.flux, ["for-each-ref", "--format=%(refname:short)", "refs/heads"])).split("\n");

describe("a change that cannot be made", () => {
  test("deploy of an image that no manifest has suggests the nearest names", async () => {
    await world.github.createRepository("acme/other-flux", { files: fluxFiles(`${world.registry.host}/acme/ap`) });
    expect(await tried(deploy("1", "--flux-repository", `${world.github.url}/acme/other-flux`).toSpliced(2, 2))).toMatchInlineSnapshot(`
      "exit code 4
      warning: REGISTRY/acme/app:1@sha256:DIGEST is not in its registry
      fairlead: set REGISTRY/acme/app:1@sha256:DIGEST: no manifest refers to REGISTRY/acme/app
      hint: look whether one of these is meant: REGISTRY/acme/ap, ghcr.io/acme/other"
    `);
  });

  test("deploy to a missing folder, object or branch names it", async () => {
    expect(await tried(deploy("1", "--flux-path", "clusters/none"))).toMatchInlineSnapshot(`
      "exit code 4
      warning: REGISTRY/acme/app:1@sha256:DIGEST is not in its registry
      fairlead: set REGISTRY/acme/app:1@sha256:DIGEST: there is no folder clusters/none, or it is a link, which is not followed
      hint: name a folder that has manifests"
    `);
    expect(await tried(deploy("1", "--only", "Deployment/default/none"))).toMatchInlineSnapshot(`
      "exit code 4
      warning: REGISTRY/acme/app:1@sha256:DIGEST is not in its registry
      fairlead: set REGISTRY/acme/app:1@sha256:DIGEST in Deployment/default/none: there is no such object, or it does not refer to REGISTRY/acme/app
      hint: check the kind, the namespace and the name of the object, and the spelling of the repository"
    `);
    expect(await tried(deploy("1", "--flux-branch", "none"))).toMatchInlineSnapshot(`
      "exit code 4
      warning: REGISTRY/acme/app:1@sha256:DIGEST is not in its registry
      fairlead: find branch none in GITHUB/acme/flux: it does not exist
      hint: name a branch of this repository"
    `);
  });

  test("deploy with a read-only token says which permission it needs", async () => {
    expect(await tried(deploy("1", "--flux-token", "env:READER"), { READER: readerToken })).toMatchInlineSnapshot(`
      "exit code 3
      warning: REGISTRY/acme/app:1@sha256:DIGEST is not in its registry
        | remote: Permission to acme/flux.git denied to reader.
        | fatal: unable to access 'http://GITHUB/acme/flux/': The requested URL returned error: 403
      fairlead: push to GITHUB/acme/flux: the credential does not allow it
      hint: use a token or key that may read this repository, and write to it for a push (this run used --flux-token)"
    `);
  });

  test("deploy with a wrong token says so", async () => {
    expect(await tried(deploy("1", "--flux-token", "env:WRONG"), { WRONG: "ghp_canary-wrong" })).toMatchInlineSnapshot(`
      "exit code 3
      warning: REGISTRY/acme/app:1@sha256:DIGEST is not in its registry
        | remote: Invalid username or token. Password authentication is not supported for Git operations.
        | fatal: Authentication failed for 'http://GITHUB/acme/flux/'
      fairlead: read GITHUB/acme/flux: the server does not take the credential
      hint: check --flux-token: it may be wrong or expired"
    `);
  });

  test("a failed deploy leaves the repository unchanged", async () => {
    expect(await branches()).toEqual(["main"]);
  });
});

describe("a pull request that cannot be opened", () => {
  /**
   * Fails once while GitHub answers so, then runs again. Returns the failure, and the number of new branches and pull
   * requests.
   */
  async function failOnce(
    tag: string,
    status: number,
    body?: unknown,
  ): Promise<{ told: string; again: string; branches: number; pulls: number }> {
    const before = { branches: (await branches()).length, pulls: world.github.pulls("acme/flux").length };
    world.github.fail({ method: "POST", path: /\/acme\/flux\/pulls$/, status, body });
    const told = await tried(deploy(tag));
    const again = await tried(deploy(tag));
    const pulls = world.github.pulls("acme/flux").length - before.pulls;
    return {
      told: told.replace(/app-[0-9a-f]{12}|app-SHA/g, "app-…"),
      again,
      branches: (await branches()).length - before.branches,
      pulls,
    };
  }

  test("a pull request that GitHub finds invalid is an error; the next run opens it once", async () => {
    const errors = [{ resource: "PullRequest", code: "custom", message: "No commits between main and fairlead/app" }];
    expect(await failOnce("422", 422, { message: "Validation Failed", errors })).toMatchInlineSnapshot(`
      {
        "again": "exit code 0
      warning: REGISTRY/acme/app:422@sha256:DIGEST is not in its registry",
        "branches": 1,
        "pulls": 1,
        "told": "exit code 5
      warning: REGISTRY/acme/app:422@sha256:DIGEST is not in its registry
      fairlead: open pull request fairlead/app-… → main in GITHUB/acme/flux: GitHub refused it: No commits between main and fairlead/app",
      }
    `);
  });

  test("a pull request that fails because GitHub is broken is an error; the next run opens it once", async () => {
    expect(await failOnce("500", 500)).toMatchInlineSnapshot(`
      {
        "again": "exit code 0
      warning: REGISTRY/acme/app:500@sha256:DIGEST is not in its registry",
        "branches": 0,
        "pulls": 1,
        "told": "exit code 75
      warning: REGISTRY/acme/app:500@sha256:DIGEST is not in its registry
      fairlead: open pull request fairlead/app-… → main in GITHUB/acme/flux: GitHub answered 500
      hint: run it again later; if that does not help, check that this machine can reach it",
      }
    `);
  });

  test("a pull request that the token may not open is an error; the next run opens it once", async () => {
    expect(await failOnce("403", 403, { message: "Resource not accessible by personal access token" })).toMatchInlineSnapshot(`
      {
        "again": "exit code 0
      warning: REGISTRY/acme/app:403@sha256:DIGEST is not in its registry",
        "branches": 0,
        "pulls": 1,
        "told": "exit code 3
      warning: REGISTRY/acme/app:403@sha256:DIGEST is not in its registry
      fairlead: open pull request fairlead/app-… → main in GITHUB/acme/flux: the token does not allow it (Resource not accessible by personal access token)
      hint: use a token with pull-requests: write and contents: write on the repository (this run used GITHUB_TOKEN)",
      }
    `);
  });

  test("a run after the pull request was opened changes nothing", async () => {
    const writes = (): number => world.github.requests.filter(({ write }) => write).length;
    const before = writes();
    expect(await tried(deploy("403"))).toBe("exit code 0\nwarning: REGISTRY/acme/app:403@sha256:DIGEST is not in its registry");
    expect(writes()).toBe(before);
  });
});
