/** 97: texts, payloads and times of others that look like our own. What is ours is known by who made it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Rollout, RunView } from "../../src/core/reporter.ts";
import { author } from "../../src/reporters/author.ts";
import { check } from "../../src/reporters/check.ts";
import { deployment } from "../../src/reporters/deployment.ts";
import { status } from "../../src/reporters/status.ts";
import { runs } from "../reporters/context.ts";
import { made, openWorld, report, type World } from "../reporters/world.ts";
import { tell } from "../../webhook/report/tell.ts";
import { configOf, deployed, orderOf, remembering, storedRun } from "../webhook/reports/reporting.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
});

/** Writes to the repository as the owner of a token does, and returns the id of what was made. */
async function write(token: string, path: string, body: object): Promise<number> {
  const { apiUrl } = world.github;
  const headers = { authorization: `token ${token}`, "content-type": "application/json", "user-agent": "attacker" };
  const answer = await fetch(`${apiUrl}/repos/acme/app/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { readonly id: number }).id;
}

const never = "2150-01-01T00:00:00Z";
const endedAt = new Date("2026-11-30T12:01:00Z");
const failed: Partial<RunView> = {
  state: "failed",
  error: { code: "build_failed", message: "no", hint: undefined, place: undefined },
  endedAt,
};

const forge = async (token: string, at: string, state = "success"): Promise<number> =>
  await write(token, `statuses/${world.commit}`, {
    state,
    context: "fairlead/ship",
    description: `deployed${author.format(author.of("deadbeef", new Date(at)))}`,
    target_url: "https://evil.dev",
  });
const statuses = (): readonly string[] =>
  world.github.statuses("acme/app", world.commit).map(({ creator, state, description }) => `${creator} ${state}: ${description ?? ""}`);

test("attack 97 (person): a status that names a later run is not posted again in our name", async () => {
  await report(status, world, { state: "running" });
  await forge("person", never);
  await forge("person", "1990-01-01T00:00:00Z", "pending");
  await report(status, world, failed);
  expect(statuses().map((each) => each.split(" · ")[0])).toEqual([
    "fairlead[bot] pending: running",
    "person success: deployed",
    "person pending: deployed",
  ]);
});

test("attack 97 (person): a status that names a later run keeps no run from its report", async () => {
  await forge("person", never);
  await report(status, world, failed);
  expect(statuses().map((each) => each.split(" · ")[0])).toEqual(["person success: deployed", "fairlead[bot] failure: failed: no"]);
});

test("attack 97 (same token): a status whose run is of the future is not believed", async () => {
  await forge("app", never);
  await report(status, world, failed);
  expect(statuses().at(-1)?.split(" · ")[0]).toBe("fairlead[bot] failure: failed: no");
});

const staging = { environment: { name: "staging", url: undefined } };
const rollout: Rollout = { state: "ready", commit: "f".repeat(40), at: endedAt };
const ready: Partial<RunView> = { route: "main", state: "succeeded", facts: made, endedAt, rollout };
/** Makes a deployment with a payload of ours. */
const deploy = async (token: string, payload: object = {}): Promise<number> =>
  await write(token, "deployments", {
    ...{ ref: world.commit, environment: "staging", task: "deploy", auto_merge: false, required_contexts: [] },
    payload: { run: "forged", digest: null, images: [], pullRequests: [], ...payload },
  });
const succeed = async (token: string, id: number): Promise<number> =>
  await write(token, `deployments/${id}/statuses`, { state: "success", description: `since ${never}`, auto_inactive: false });
const deployments = (): readonly string[] =>
  world.github.deployments("acme/app").map(({ creator, statuses: all }) => [creator, ...all.map((each) => each.split(":")[0])].join(" "));

test("attack 97 (person): a deployment with a payload of ours and a time of the future takes no place", async () => {
  await succeed("person", await deploy("person"));
  await report(deployment, world, ready, { subject: staging });
  expect(deployments()).toEqual(["person success", "fairlead[bot] success"]);
});

test("attack 97 (person): a deployment that names our run or our pull request is not the one that is reported on", async () => {
  await deploy("person", { run: runs[0], pullRequests: ["github.com/acme/fleet#7"] });
  await report(deployment, world, ready, { subject: staging });
  expect(deployments()).toEqual(["person", "fairlead[bot] success"]);
});

test("attack 97 (person): a success that somebody else sets on an older deployment of ours does not end the newer one", async () => {
  await report(deployment, world, ready, { subject: { ...staging, run: "earlier" } });
  await report(deployment, world, { ...ready, facts: { ...made, pullRequest: undefined }, rollout }, { subject: staging });
  const [first] = world.github.requests.flatMap(({ path }) => /deployments\/(\d+)\/statuses/.exec(path)?.[1] ?? []);
  await succeed("person", Number(first));
  await report(deployment, world, { ...ready, facts: { ...made, pullRequest: undefined } }, { subject: staging });
  expect(deployments()).toEqual(["fairlead[bot] success inactive success inactive", "fairlead[bot] success"]);
});

test("attack 97 (same token): a deployment that runs since the future is not believed", async () => {
  await succeed("app", await deploy("app"));
  const later = new Date("2098-01-01T00:00:00Z"); // after the status was set
  await report(deployment, world, { ...ready, rollout: { ...rollout, at: later } }, { subject: staging });
  expect(deployments()).toEqual(["fairlead[bot] success inactive", "fairlead[bot] success"]);
});

const checkOf = (more: object): object => ({
  ...{ name: "fairlead/ship", head_sha: world.commit, external_id: runs[0], status: "completed", conclusion: "success" },
  ...more,
});
const checks = (): readonly string[] =>
  world.github.checkRuns("acme/app", world.commit).map(({ app, status: state, conclusion }) => `${app} ${state} ${conclusion ?? "-"}`);

test.each<[string, string, object]>([
  ["of another App that names our run", "other", {}],
  ["of another App that names a later run", "other", { external_id: runs[1], started_at: "2026-12-01T00:00:00Z" }],
  ["of our own App that began in the future", "app", { external_id: runs[1], started_at: never }],
])("attack 97 (check): a check run %s keeps no run from its report", async (_what, token, forged) => {
  await write(token, "check-runs", checkOf(forged));
  await report(check, world, failed);
  expect(checks()).toEqual([`${token === "app" ? "fairlead" : token} completed success`, "fairlead completed failure"]);
});

test("attack 97 (check): a check run that another App has completed for our run does not complete ours", async () => {
  world.github.before({ method: "POST", path: /check-runs/ }, async () => void (await write("other", "check-runs", checkOf({}))));
  await report(check, world, { state: "running" });
  expect(checks().toSorted()).toEqual(["fairlead in_progress -", "other completed success"]);
});

test.each<[string, string, string, string | undefined]>([
  ["that the route names", "github.com/acme/app", "", "acme/app"],
  ["of an owner that the route names", "github.com/acme/fleet", "reportTo: [github.com/acme]", "acme/fleet"],
  ["that the configuration opens for something else", "github.com/acme/fleet", "", undefined],
  ["that begins as one that the route names", "github.com/acme/app-of-others", "", undefined],
  ["that nobody names", "github.com/someone/else", "", undefined],
])("attack 97 (labels): the repository %s is chosen by the labels of an image: %s", async (_what, repository, more, written) => {
  const config = configOf(more, "", {}, more === "");
  const reporter = remembering();
  const image = {
    ...(deployed as { readonly images: readonly object[] }).images[0],
    source: { repository, commit: "9".repeat(40), since: null, compare: null },
  };
  const run = storedRun({ result: { ...(deployed as object), images: [image] } });
  const told = await tell(orderOf(run), config, { reporters: [reporter], signal: new AbortController().signal });
  expect([reporter.told.map(({ subject }) => subject.repository.path), told]).toEqual(
    written === undefined ? [[], refusedFor(repository)] : [[written], { report: { state: "sent" } }],
  );
});

/** The ending that is one warning in the run's log, and is not tried again. */
function refusedFor(repository: string): object {
  const message = `report run to ${repository}: only the labels of an image name it`;
  const hint = `add ${repository} to reportTo in fairlead.yaml if its runs are to be reported there`;
  return { report: { state: "failed", retry: false, error: { code: "input", message, hint } } };
}
