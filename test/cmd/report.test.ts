import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fairlead, startFairlead } from "../cli.ts";
import { pushImage } from "../registries/content.ts";
import { startWorld, type World } from "../pipelines/world.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let folder: string;
let last = 0;

beforeAll(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), "fairlead-report-"));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A job of GitHub Actions for a new commit. */
async function job(): Promise<{ readonly commit: string; readonly env: Readonly<Record<string, string>> }> {
  const commit = await world.github.commit("acme/app", { branch: "main", files: { text: `${++last}` }, message: "text" });
  const run = { GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "acme/app", GITHUB_SHA: commit, GITHUB_RUN_ID: "4711" };
  return { commit, env: { ...world.env, ...run } };
}

function deploy(...more: readonly string[]): readonly string[] {
  const image = `${world.registry.host}/acme/app:${last}`;
  return ["deploy", image, "--unchecked", "--flux-repository", `${world.github.url}/acme/flux`, ...more];
}

function statusesOf(commit: string): readonly object[] {
  const page = `${world.github.url}/acme/app/actions/runs/4711`;
  return world.github.statuses("acme/app", commit).map(({ state, context, description, targetUrl }) => ({
    ...{ state, context, description: (description ?? "").replace(/ · \S+$/, "").replace(/:\d+\/acme/, "/acme") },
    isPage: targetUrl === page,
  }));
}

test("deploy --report sets one status of the job's commit when the pull request is open, and none before", async () => {
  const { commit, env } = await job();
  const { code, stderr } = await fairlead(deploy("--report", "auto", "--report", "status"), env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(statusesOf(commit)).toEqual([
    {
      state: "success",
      context: "fairlead/deploy",
      description: expect.stringMatching(/^acme\/flux#\d+ is open: /) as string,
      isPage: true,
    },
  ]);
  const paths = world.github.requests.map(({ method, path }) => `${method} ${path}`);
  const opened = paths.findIndex((each) => /^POST \S*\/repos\/acme\/flux\/pulls$/.test(each));
  expect(opened).toBeGreaterThan(-1);
  expect(paths.findIndex((each) => each.includes("acme/app"))).toBeGreaterThan(opened);
});

test("deploy --report tells a failure before anything was done, so that nothing stays pending", async () => {
  const { commit, env } = await job();
  const { code } = await fairlead(deploy("--report", "status", "--flux-path", "nowhere"), env);
  expect(code).not.toBe(0);
  expect(statusesOf(commit)).toMatchObject([{ state: "failure", isPage: true }]);
});

test("deploy --report tells that Ctrl-C has stopped it while it waited", async () => {
  const { commit, env } = await job();
  const running = startFairlead(deploy("--report", "status", "--wait", "merged"), env);
  await running.printed("wait");
  running.stop("SIGINT");
  const { code } = await running.ended;
  expect(code).toBe(130);
  expect(statusesOf(commit)).toMatchObject([{ state: "error" }]);
});

test("deploy --report of a pull request's job is about its head, which its event names", async () => {
  const { commit, env } = await job();
  const event = join(folder, "event.json");
  await writeFile(event, JSON.stringify({ pull_request: { number: 7, head: { sha: commit } } }));
  await fairlead(deploy("--report", "status"), { ...env, GITHUB_SHA: "e".repeat(40), GITHUB_EVENT_PATH: event });
  expect(statusesOf(commit)).toMatchObject([{ state: "success" }]);
});

test("deploy --report summary writes the job's page, and keeps what is there", async () => {
  const { env } = await job();
  const page = join(folder, "summary.md");
  await writeFile(page, "theirs\n");
  const { code } = await fairlead(deploy("--report", "summary"), { ...env, GITHUB_STEP_SUMMARY: page });
  const text = await readFile(page, "utf8");
  expect([code, text.startsWith("theirs\n"), text.includes("<!-- fairlead run=")]).toEqual([0, true, true]);
});

describe("an image whose labels name another repository, to which the token may write", () => {
  /** A job of the Flux repository that deploys an image of this commit of the application, by its labels. */
  async function foreign(): Promise<Foreign> {
    const { commit, env } = await job();
    const jobs = await world.github.commit("acme/flux", { branch: "main", files: { text: `${last}` }, message: "text" });
    const labels = {
      "org.opencontainers.image.source": `${world.github.url}/acme/app`,
      "org.opencontainers.image.revision": commit,
    };
    const { host } = world.registry;
    await pushImage({ host, repository: "acme/app" }, { platform: { os: "linux", architecture: "amd64" }, labels, tag: `${last}` });
    const args = deploy("--report", "status").filter((each) => each !== "--unchecked");
    const states = (): Record<string, readonly string[]> => ({
      app: world.github.statuses("acme/app", commit).map(({ state }) => state),
      job: world.github.statuses("acme/flux", jobs).map(({ state }) => state),
    });
    return { args, env: { ...env, GITHUB_REPOSITORY: "acme/flux", GITHUB_SHA: jobs }, states };
  }

  interface Foreign {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly states: () => Record<string, readonly string[]>;
  }

  /** The lines that tell of the report, without the words before. */
  const warning = (text: string): string => {
    const lines = text.replaceAll(world.github.host, "HOST").split("\n");
    return lines.flatMap((line) => /report run.*/.exec(line) ?? []).join("\n");
  };
  const refused =
    "report run to HOST/acme/app: only the labels of an image name it: say --report-to HOST/acme/app if its runs are to be reported there";

  test("nothing is written there, one warning says what to do, and the job's own commit has the report", async () => {
    const { args, env, states } = await foreign();
    const { code, stderr } = await fairlead(args, env);
    expect([code, warning(stderr), states()]).toEqual([0, refused, { app: [], job: ["success"] }]);
  });

  test("outside of a job there is no report at all, and the one warning", async () => {
    const { args, env, states } = await foreign();
    const { GITHUB_ACTIONS: _, ...nowhere } = env;
    const { code, stderr } = await fairlead(args, nowhere);
    expect([code, warning(stderr), states()]).toEqual([0, refused, { app: [], job: [] }]);
  });

  test.each<[string, (host: string) => readonly string[]]>([
    ["--report-to names the repository", (host) => ["--report-to", `${host}/acme/app`]],
    ["--report-to names its owner", (host) => ["--report-to", `${host}/acme`]],
    ["reportTo of a named configuration has the repository", () => ["--config", join(folder, "fairlead.yaml")]],
  ])("the commit that the labels name has the report where %s", async (_, more) => {
    const { args, env, states } = await foreign();
    await writeFile(join(folder, "fairlead.yaml"), `version: 1\nreportTo: ["${world.github.host}/acme/app"]\n`);
    const { code, stderr } = await fairlead([...args, ...more(world.github.host)], env);
    expect([code, warning(stderr), states()]).toEqual([0, "", { app: ["success"], job: [] }]);
  });

  test("a name that begins as another repository's is not its", async () => {
    const { args, env, states } = await foreign();
    const { code } = await fairlead([...args, "--report-to", `${world.github.host}/acme/ap`], env);
    expect([code, states()]).toEqual([0, { app: [], job: ["success"] }]);
  });

  test("a place that is no repository and no owner is an error before anything is done", async () => {
    const { args, env, states } = await foreign();
    const { code, stderr } = await fairlead([...args, "--report-to", "https://github.com/acme/app"], env);
    expect([code, stderr, states()]).toEqual([
      2,
      expect.stringContaining("read --report-to https://github.com/acme/app: expected HOST/OWNER/NAME, or HOST/OWNER for all of an owner"),
      { app: [], job: [] },
    ]);
  });
});

test("a report that cannot be told is a warning, and the command ends as it would", async () => {
  const { env } = await job();
  const path = /^\/repos\/acme\/app\/statuses\//;
  world.github.fail({ method: "POST", path, status: 404, body: { message: "Not Found", documentation_url: "https://docs.github.com" } });
  const refused = await fairlead(deploy("--report", "status"), env);
  expect([refused.code, refused.stderr]).toEqual([0, expect.stringContaining("report run: ")]);
  const { GITHUB_ACTIONS: _, ...nowhere } = env;
  const unknown = await fairlead(deploy("--report", "status"), nowhere);
  expect([unknown.code, unknown.stderr]).toEqual([0, expect.stringContaining("report run: nobody knows the commit that it is about")]);
});

test("an unknown reporter is an error before anything is done, and a dry run reports nothing", async () => {
  const { commit, env } = await job();
  const wrong = await fairlead(deploy("--report", "statsu"), env);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('there is no reporter "statsu"')]);
  const { code } = await fairlead(deploy("--report", "status", "--dry-run"), env);
  expect([code, statusesOf(commit)]).toEqual([0, []]);
});

test("build --report tells that a build has failed, on the commit that it was to build", async () => {
  const files = { Dockerfile: "FROM scratch\nCOPY missing /\n" };
  const commit = await world.github.commit("acme/app", { branch: "main", files, message: "break the build" });
  const place = [`${world.github.url}/acme/app`, "--image", `${world.registry.host}/acme/broken`];
  const { code, stderr } = await fairlead(["build", ...place, "--report", "status"], world.env);
  expect(code, stderr).toBe(1);
  const statuses = world.github.statuses("acme/app", commit).map(({ state, context }) => ({ state, context }));
  expect(statuses, stderr).toEqual([{ state: "failure", context: "fairlead/build" }]);
});
