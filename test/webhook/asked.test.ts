/** The kinds of events that a source makes only where somebody asks for them: a route of its own, or a step that waits. */
import { z } from "zod";
import { expect, test } from "vitest";
import type { Event } from "../../src/core/event.ts";
import { definePipeline } from "../../src/core/run/pipeline.ts";
import { unchanged, type Step } from "../../src/core/run/step.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readConfig } from "../../webhook/config.ts";
import { readDeploymentFacts } from "../../webhook/receiver/push-facts.ts";
import { receivers } from "../../webhook/receivers/index.ts";
import { openDoor } from "../attack/door.ts";
import { hubHeaders, repository } from "../attack/signed.ts";
import { casesFolder, casesOf } from "./cases.ts";

const sleep: Step<null, null> = {
  ...{ name: "sleep", needs: [], wakesOn: ["check", "comment", "deployment"] },
  ...{ key: () => "", plan: () => Promise.resolve(unchanged(null)) },
};
const wait = definePipeline({
  ...{ name: "wait", summary: "Wait", examples: [], runs: "nothing", input: z.object({}), output: z.null(), steps: [sleep] },
  run: () => Promise.resolve(null),
});

const sources = {
  ci: { kind: "generic-hmac", secrets: "env:KEY" },
  hub: { kind: "github", secrets: "env:KEY" },
  quay: { kind: "quay", path: "env:KEY" },
};
const push = { kind: "push", repository: "github.com/acme/app", branch: "main" };
const tell = { run: "notify", with: { message: "m", to: ["slack:C0RELEASES"] } };

/** The fields of saved bodies that are changed. */
interface Saved {
  readonly check_run: { name: string };
  readonly comment: { body: string };
}

function asked(...routes: readonly object[]): Readonly<Record<string, readonly Event["kind"][]>> {
  const text = JSON.stringify({ version: 1, sources, routes });
  const config = readConfig(text, { path: "fairlead.yaml", receivers, pipelines: [...pipelines, wait] });
  return Object.fromEntries(config.sources.map((source) => [source.name, [...source.asked].sort()]));
}

test("a source is asked for the kinds of its routes, and every source for those on which steps of any route wait", () => {
  const release = { name: "a", when: { source: "hub", kind: "release", repository: "github.com/acme/app" }, ...tell };
  expect(asked(release)).toEqual({ ci: [], hub: ["release"], quay: [] });
  expect(asked(release, { name: "b", when: { source: "ci", ...push }, run: "wait" })).toEqual({
    ci: ["check", "comment", "deployment", "push"],
    hub: ["check", "comment", "deployment", "release"],
    quay: ["deployment"], // nobody has proven who sends
  });
});

test("a source is not asked for what a step of a pipeline waits for that no route runs", () => {
  expect(asked({ name: "a", when: { source: "ci", ...push }, ...tell })).toEqual({ ci: ["push"], hub: [], quay: [] });
});

test("a delivery for which only a step could wait is stored, so that the run that waits is woken, and starts none", async () => {
  const deploy = { images: ["ghcr.io/acme/app:1"], fluxRepository: "github.com/acme/fleet" };
  await using door = await openDoor({
    sources: {
      ci: { kind: "generic-hmac", secrets: "SECRET" },
      hub: { kind: "github", secrets: "SECRET", path: "cmd:echo key-of-another-address" },
    },
    routes: [{ name: "a", when: { source: "ci", ...push }, run: "deploy", with: deploy }],
  });
  const version = { container_metadata: { tag: { name: "1" } }, package_url: "ghcr.io/acme/app:1" };
  const body = JSON.stringify({ action: "published", package: { package_version: version }, repository });
  expect(await door.post("hub", body, hubHeaders(body, "p-1", "package"))).toMatchObject({
    status: 200,
    body: { ignored: "no route takes it" },
  });
  expect((await door.store.deliveries({ limit: 9 })).flatMap(({ events }) => events)).toMatchObject([{ kind: "image", tag: "1" }]);
});

test("a deployment of a fork's workflow to production starts no deployment of ours", async () => {
  const when = { source: "hub", kind: "deployment", repository: "github.com/acme/app", environment: "production", state: "pending" };
  const deploy = { images: ["ghcr.io/acme/app:${{ event.commit }}"], fluxRepository: "github.com/acme/fleet" };
  await using door = await openDoor({
    sources: { hub: { kind: "github", secrets: "SECRET" } },
    routes: [{ name: "a", when, run: "deploy", with: deploy }],
  });
  const bodyOf = (name: string): string =>
    casesOf(casesFolder)
      .find((each) => each.name === `github/${name}`)!
      .body.toString();
  const send = async (name: string) => (await door.post("hub", bodyOf(name), hubHeaders(bodyOf(name), name, "deployment"))).body;
  expect(await send("deployment-of-a-fork")).toMatchObject({ ignored: "no route takes it", runs: [] });
  expect(await send("deployment-created")).toMatchObject({ accepted: "verified and understood", runs: [expect.any(String)] });
});

test("a check, a comment and a deployment that fairlead has made itself start no run of a route that would make them again", async () => {
  const { repository: app } = push;
  const build = { run: "build", with: { repository: "${{ event.repository }}", ref: "${{ event.commit }}", image: "ghcr.io/acme/app" } };
  await using door = await openDoor({
    sources: { hub: { kind: "github", secrets: "SECRET" } },
    routes: [
      { name: "checks", when: { source: "hub", kind: "check", repository: app, state: "success" }, ...build },
      { name: "comments", when: { source: "hub", kind: "comment", repository: app }, ...tell },
    ],
  });
  const send = async (name: string, event: string, change: (body: Saved) => void) => {
    const body = JSON.parse(
      casesOf(casesFolder)
        .find((each) => each.name === `github/${name}`)!
        .body.toString(),
    ) as Saved;
    change(body);
    const text = JSON.stringify(body);
    return (await door.post("hub", text, hubHeaders(text, text.length.toString(), event))).body;
  };
  expect(
    await send("check-of-a-pull-request", "check_run", (body) => void (body.check_run.name = "fairlead/build (checks)")),
  ).toMatchObject({
    skipped: ["checks: it is fairlead's own report"],
  });
  expect(await send("check-of-a-pull-request", "check_run", (body) => void (body.check_run.name = "ci/fairlead/build"))).toMatchObject({
    runs: [expect.any(String)],
  });
  const ours = "3 images are deployed\n\n<!-- fairlead:deployments -->";
  expect(await send("comment-on-a-pull-request", "issue_comment", (body) => void (body.comment.body = ours))).toMatchObject({
    skipped: ["comments: it is fairlead's own comment"],
  });
  expect(
    await send("comment-on-a-pull-request", "issue_comment", (body) => void (body.comment.body = "is it <!-- fairlead:x -->?")),
  ).toMatchObject({
    runs: [expect.any(String)],
  });
});

test("a deployment is fairlead's own by the run and the images in its payload, and another's by anything else", () => {
  const run = "019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d";
  const ours = (payload: unknown): boolean | undefined =>
    readDeploymentFacts(Buffer.from(JSON.stringify({ deployment: { payload } }))).ours;
  expect(ours({ run, digest: null, images: [], pullRequests: [] })).toBe(true);
  expect(
    [{ run }, { run: 7, images: [] }, { run: `${run}0`, images: [] }, `{"run":"${run}","images":[]}`, null, undefined].map(ours),
  ).toEqual([...[false, false, false, false, false, false]]);
  const form = `payload=${encodeURIComponent(JSON.stringify({ deployment: { payload: { run, images: [] } } }))}`;
  expect(readDeploymentFacts(Buffer.from(form)).ours).toBe(true);
});
