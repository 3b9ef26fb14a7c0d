/** H9, W3 and 38: what an event, an address and a secret are worth. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { FairleadError } from "../../../src/core/errors.ts";
import type { Event } from "../../../src/core/event.ts";
import { createRedactor } from "../../../src/core/secret.ts";
import type { Context } from "../../../src/core/run/step.ts";
import { parseRepository } from "../../../src/core/git/repository.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { evidenceText } from "../../../webhook/config/evidence.ts";
import { openSources } from "../../../webhook/http/open-sources.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import type { Receiver } from "../../../webhook/receiver/receiver.ts";
import { eventKinds, eventKindNames } from "../../../webhook/routing/event-kinds.ts";
import { pushFilter } from "../../../webhook/routing/push-filter.ts";
import { lookAgain } from "../../../webhook/run/current.ts";
import { openDoor } from "../door.ts";

const quay = receivers.find(({ name }) => name === "quay")!;
/** A kind of source that signs nothing and makes all kinds of events. */
const everything: Receiver = { ...quay, name: "everything", events: eventKindNames };
const notify = { run: "notify", with: { message: "hello", to: ["slack:C0RELEASES"] } };
const build = { run: "build", with: { repository: "${{ event.repository }}", image: "ghcr.io/acme/app" } };

/** Returns the problems of a configuration with this route, or none. */
function problemsOf(source: object, route: object): readonly string[] {
  const text = JSON.stringify({ version: 1, sources: { them: source }, routes: [{ name: "a", ...route }] }, null, 1);
  try {
    readConfig(text, { path: "fairlead.yaml", receivers: [...receivers, everything], pipelines });
    return [];
  } catch (error) {
    return (error as FairleadError).message.split("; ");
  }
}

/** The conditions that a route needs for a kind. */
const conditions: Readonly<Record<string, object>> = {
  push: { repository: "github.com/acme/app", branch: "main" },
  tag: { repository: "github.com/acme/app", tag: "*" },
  image: { image: "quay.io/acme/app" },
};
const when = (kind: string, more: object): object => ({ source: "them", kind, ...more });
const whenOf: Readonly<Record<Event["kind"], object>> = {
  push: when("push", conditions.push!),
  tag: when("tag", conditions.tag!),
  image: when("image", conditions.image!),
  "pull-request": when("pull-request", { repository: "github.com/acme/app", base: "main", action: "merged" }),
  reconciliation: when("reconciliation", { object: "*/*/*" }),
  stage: when("stage", { pipeline: "*", state: "failed" }),
  release: when("release", { repository: "github.com/acme/app" }),
  "image-build": when("image-build", { image: "quay.io/acme/app" }),
  deployment: when("deployment", { repository: "github.com/acme/app", state: "success" }),
  workflow: when("workflow", { repository: "github.com/acme/app", state: "completed" }),
  check: when("check", { repository: "github.com/acme/app", state: "success" }),
  comment: when("comment", { repository: "github.com/acme/app" }),
  installation: when("installation", {}),
  approval: when("approval", {}),
  call: when("call", {}),
  rerun: when("rerun", {}),
};

describe("a source that only its address proves", () => {
  test("attack 12 (H9): a route for reports of Flux without a secret is refused by line and column", () => {
    expect(problemsOf({ kind: "flux", path: "env:KEY" }, { when: whenOf.reconciliation, ...notify })).toEqual([
      "fairlead.yaml:13:15 routes[0].when.source: only its address proves what this source sends, and an event of kind reconciliation cannot be read again: name a secret of the source",
    ]);
    expect(problemsOf({ kind: "flux", secrets: "env:KEY" }, { when: whenOf.reconciliation, ...notify })).toEqual([]);
  });

  test("attack 12 (H9): of all kinds of events only images, pushes and tags may start anything without a proof", () => {
    const refused = eventKindNames.filter((kind) => problemsOf({ kind: "everything", path: "env:KEY" }, { when: whenOf[kind], ...(kind === "image" ? notify : build) }).some((each) => each.includes("only its address proves"))); // prettier-ignore
    expect(eventKindNames.filter((kind) => !refused.includes(kind))).toEqual(["push", "tag", "image"]);
  });

  test("attack 12 (H9): a route for pushes that is given no repository of the event is refused, as none is read again", () => {
    const source = { kind: "everything", path: "env:KEY" };
    const literal = (repository: string) => ({ ...build, with: { ...build.with, repository } });
    const [problem] = problemsOf(source, { when: whenOf.push, ...notify });
    expect(problem).toMatch(
      /^fairlead\.yaml:\d+:\d+ routes\[0\]\.when\.source: only its address proves .* give the pipeline \$\{\{ event\.repository \}\}/,
    );
    expect(problemsOf(source, { when: whenOf.push, ...literal("github.com/acme/other") })).toHaveLength(1);
    expect(problemsOf(source, { when: whenOf.push, ...literal("github.com/acme/app") })).toEqual([]);
    expect(problemsOf(source, { when: { ...whenOf.push, repository: ["github.com/acme/app", "github.com/acme/web"] }, ...literal("github.com/acme/app") })).toHaveLength(1); // prettier-ignore
  });

  test("attack 12 (H9): a run of such an event, made by an older configuration, does nothing", async () => {
    const asked: string[] = [];
    const ctx = { images: { resolve: () => (asked.push("image"), Promise.resolve(undefined)) } } as unknown as Context;
    for (const kind of eventKindNames.filter((each) => each !== "image")) {
      const why = (await lookAgain(ctx, pipelines.find(({ name }) => name === "notify")!, {}, { event: eventKinds[kind].sample, newest: false, readAgain: true, filter: pushFilter(eventKinds[kind].when as never, false), takes: () => true, repositoryAt: parseRepository }))?.reason; // prettier-ignore
      expect(why, kind).toBe("only an address proves its event, which cannot be read again");
    }
    expect(asked).toEqual([]);
  });

  test("attack 12 (H9): an event by its address alone wakes a run that waits, which looks again, and starts none", async () => {
    await using door = await openDoor({ sources: { flux: { kind: "flux", path: "SECRET" } } });
    const told = JSON.stringify({
      ...{ involvedObject: { kind: "Kustomization", namespace: "a", name: "b" }, severity: "error", reason: "X", message: "forged" },
      metadata: { revision: "main@sha1:1" },
    });
    expect(await door.post("flux", told)).toMatchObject({ status: 200, body: { ignored: "no route takes it", runs: [] } });
    expect(await door.store.runs({ limit: 9 })).toEqual([]);
  });

  test("fairlead sources tells of a proof what the check of routes goes by", () => {
    const said = (events: Receiver["events"], readAgain: boolean): string => evidenceText({ receiver: { events }, readAgain });
    expect([said(["image"], false), said(["image"], true), said(["reconciliation"], true), said(["image", "image-build"], true)]).toEqual([
      "its secret, or its provider's signature",
      "its path alone: what it says is read again",
      "its path alone: what it says starts no run",
      "its path alone: image-build starts no run, and all else is read again",
    ]);
  });
});

describe("secrets", () => {
  const config = (source: object): ListenerConfig => readConfig(JSON.stringify({ version: 1, sources: { them: source } }), { path: "fairlead.yaml", receivers, pipelines }); // prettier-ignore
  test.each<[string, object, string]>([
    ["a letter", { kind: "github", secrets: "cmd:echo k" }, "openssl rand -hex 32"],
    ["fifteen bytes and a line break", { kind: "github", secrets: "cmd:printf '%s\\n\\n' 123456789012345" }, "openssl rand -hex 32"],
    ["a short key of a path", { kind: "quay", path: "cmd:echo hunter2" }, "openssl rand -hex 32"],
    ["a short one beside a good one", { kind: "github", secrets: ["cmd:echo 0123456789abcdef", "cmd:echo 1"] }, "openssl rand -hex 32"],
    [
      "a signing token of eight bytes",
      { kind: "gitlab", secrets: "cmd:echo whsec_MTIzNDU2Nzg=" },
      `printf 'whsec_%s' "$(openssl rand -base64 32)"`,
    ],
  ])("attack 15 (W3): a secret that is %s is refused with how to make one", async (_what, source, make) => {
    await expect(openSources(config(source), createRedactor())).rejects.toMatchObject({
      code: "input",
      message: "open sources: a secret of them can be guessed: it is shorter than 16 bytes, or has fewer than 5 different ones",
      hint: `make one: ${make}`,
    });
  });

  test("attack 15 (W3): an address stays the SHA-256 of the key, which sixteen bytes of chance keep from being tried", async () => {
    const [opened] = await openSources(config({ kind: "quay", path: "cmd:echo 0123456789abcdef" }), createRedactor());
    expect(opened?.paths).toEqual([`/hook/${createHash("sha256").update("0123456789abcdef").digest("hex")}`]);
  });
});

describe("interpolation", () => {
  const on = { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "*" };
  const image = "ghcr.io/acme/app";
  test.each<[string, object]>([
    ["a command of a secret", { run: "build", with: { ...build.with, secrets: { npm: "cmd:echo ${{ event.branch }}" } } }],
    ["a repository's part", { run: "build", with: { ...build.with, repository: "github.com/acme/${{ event.branch }}" } }],
    ["a registry", { run: "build", with: { ...build.with, image: "${{ event.branch }}/acme/app" } }],
    ["an image's repository", { run: "build", with: { ...build.with, image: "ghcr.io/acme/${{ event.branch }}" } }],
    ["a suffix of a repository", { run: "build", with: { ...build.with, image: "ghcr.io/acme/app${{ event.branch }}" } }],
    ["a Dockerfile", { run: "build", with: { ...build.with, image, dockerfile: "${{ event.branch }}" } }],
    ["a channel", { run: "notify", with: { message: "x", to: ["slack:${{ event.branch }}"] } }],
    ["the name of a build argument", { run: "build", with: { ...build.with, image, buildArgs: { "${{ event.branch }}": "x" } } }],
    ["an expression", { run: "notify", with: { ...notify.with, message: "${{ event.branch || 'x' }}" } }],
    ["the environment", { run: "notify", with: { ...notify.with, message: "${{ env.TOKEN }}" } }],
  ])("attack 38: an event's value as %s is refused at the start with line and column", (_what, route) => {
    const text = JSON.stringify(
      { version: 1, sources: { ci: { kind: "generic-hmac", secrets: "env:X" } }, routes: [{ name: "a", when: on, ...route }] },
      null,
      1,
    );
    let message = "";
    try {
      readConfig(text, { path: "fairlead.yaml", receivers, pipelines });
    } catch (error) {
      ({ message } = error as FairleadError);
    }
    expect(message).toMatch(/^fairlead\.yaml:\d+:\d+ routes\[0\]\.with/);
  });
});
