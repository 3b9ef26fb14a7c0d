/** Newest wins: deliveries may come in any order, several times or never, and Git says which of them is the newest. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import type { Event } from "../../../src/core/event.ts";
import { parseRepository } from "../../../src/core/git/repository.ts";
import type { Context } from "../../../src/core/run/step.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { routeEvents, takes } from "../../../webhook/routing/route.ts";
import { lookAgain } from "../../../webhook/run/current.ts";
import { routeOf, skippedEnding } from "../../../webhook/run/execute.ts";
import type { Claim, Ending } from "../../../webhook/store.ts";
import { minute, rested, type Bed } from "../store/bed.ts";
import { openBed } from "../store/sqlite-bed.ts";

const [repository, image] = ["github.com/acme/app", "ghcr.io/acme/app"];
const tag = `${image}:sha-\${{ event.commit }}`;

/** The place of a branch or a tag, as an event says it. */
const sha = (place: number): string => place.toString(16).padStart(40, "0");
const digest = (place: number) => `sha256:${place.toString(16).padStart(64, "0")}` as const;
const placeOf = (event: Event): number =>
  Number.parseInt((event.kind === "image" ? event.digest! : (event as { commit: string }).commit).slice(-40), 16);

/** What may move, as the condition of a route and the event of a place. */
const moving = {
  push: {
    when: { kind: "push", repository, branch: "main" },
    at: (place: number) => ({ kind: "push", repository, branch: "main", commit: sha(place), before: null }) as const,
  },
  tag: {
    when: { kind: "tag", repository, tag: "v1" },
    at: (place: number) => ({ kind: "tag", repository, tag: "v1", commit: sha(place) }) as const,
  },
  image: {
    when: { kind: "image", image, tag: "main" },
    at: (place: number) => ({ kind: "image", image, tag: "main", digest: digest(place) }) as const,
  },
  merged: {
    when: { kind: "pull-request", repository, base: "main", action: "merged" },
    at: (place: number) =>
      ({
        kind: "pull-request",
        repository,
        number: place,
        action: "merged",
        branch: `f${place}`,
        base: "main",
        fork: false,
        commit: sha(place),
        mergeCommit: sha(place),
      }) as const,
  },
} as const;

/** One pipeline of each kind: none but `build` is given the repository of the push. */
const runs = {
  deploy: { run: "deploy", with: { images: [tag], fluxRepository: "git.example.com/acme/fleet" } },
  retag: { run: "retag", with: { source: tag, tags: ["dev"] } },
  notify: { run: "notify", with: { message: "${{ event.commit }}", to: ["slack:C0RELEASES"] } },
  build: { run: "build", with: { repository, ref: "${{ event.commit }}", image } },
};

/** Pipelines that do every event of a tag, of Git or of an image. */
const everyRuns = {
  tag: { deploy: runs.deploy, retag: { run: "retag", with: { source: tag, tags: ["${{ event.tag }}"] } } },
  image: {
    deploy: {
      run: "deploy",
      with: { images: ["${{ event.image }}:${{ event.tag }}@${{ event.digest }}"], fluxRepository: "git.example.com/acme/fleet" },
    },
    retag: { run: "retag", with: { source: "${{ event.image }}@${{ event.digest }}", tags: ["dev"] } },
  },
};

const mergedRuns = {
  deploy: { run: "deploy", with: { images: [`${image}:sha-\${{ event.mergeCommit }}`], fluxRepository: "git.example.com/acme/fleet" } },
  retag: { run: "retag", with: { source: `${image}:sha-\${{ event.mergeCommit }}`, tags: ["staging"] } },
};

function configOf(what: keyof typeof moving, route: object): ListenerConfig {
  const sources = { ci: { kind: "generic-hmac", secrets: "env:CI" } };
  const when = { source: "ci", ...moving[what].when };
  return readConfig(JSON.stringify({ version: 1, sources, routes: [{ name: "main", when, ...route }] }), {
    path: "fairlead.yaml",
    receivers,
    pipelines,
  });
}

/** A branch whose commits are numbered by their place in it, and what became of it outside. */
interface World {
  readonly what: keyof typeof moving;
  readonly config: ListenerConfig;
  readonly bed: Bed;
  head: number;
  /** The places of what was done, in the order in which it was. */
  readonly done: number[];
  /** The newest commit of which a delivery was accepted. */
  accepted: number;
}

/** Git and the registry as the run sees them: the branch or tag, and commits by their names. */
function contextOf(world: World): Context {
  const resolve = (_: unknown, ref: string | undefined): Promise<{ sha: string }> => {
    if (ref === undefined || ref === "refs/heads/main" || ref === "refs/tags/v1") return Promise.resolve({ sha: sha(world.head) });
    if (/^[0-9a-f]{40}$/.test(ref)) return Promise.resolve({ sha: ref });
    return Promise.reject(new FairleadError("not_found", `find ${ref}`));
  };
  const images = { resolve: () => Promise.resolve({ digest: digest(world.head) }) };
  const closedAt = (place: number): string => new Date(place * 1000).toISOString();
  const pull = (place: number) => {
    const { branch: head, commit, mergeCommit } = moving.merged.at(place);
    return { number: place, state: "merged", head, commit, mergeCommit, fork: false, closedAt: closedAt(place) };
  };
  const list = ({ changedSince }: { changedSince: string }) =>
    Promise.resolve(Array.from({ length: world.head }, (_, at) => pull(at + 1)).filter((each) => each.closedAt >= changedSince));
  const pullRequests = { read: (_: unknown, number: number) => Promise.resolve(pull(number)), list };
  return { git: { resolve }, images, gitProvider: () => ({ pullRequests }) } as unknown as Context;
}

async function deliver(world: World, place: number, id: string): Promise<void> {
  const event: Event = { source: "generic-hmac", delivery: id, ...moving[world.what].at(place) };
  const { runs: made } = routeEvents(world.config, "ci", [event]);
  const delivery = { source: "ci", providerId: id, headers: {}, body: new Uint8Array(), events: [event], refused: null, content: null };
  await world.bed.store.accept(delivery, made);
  world.accepted = Math.max(world.accepted, place);
}

/** Looks again and does what a run does, as its process would; `broken`: the attempt breaks off once it has looked. */
async function perform(world: World, claim: Claim, broken: boolean): Promise<Ending> {
  const route = routeOf(world.config, claim);
  const trigger = {
    event: claim.event,
    newest: claim.policy === "newest",
    readAgain: false,
    filter: route.filter,
    takes: (event: Event) => takes(route, event),
    repositoryAt: parseRepository,
  };
  const outdated = await lookAgain(contextOf(world), route.pipeline, {}, trigger);
  if (outdated !== undefined) return skippedEnding(claim, route, outdated);
  const error = { code: "unavailable", message: "broken off" } as const;
  if (broken) return { state: "failed", retry: true, error };
  world.done.push(placeOf(claim.event));
  return { state: "succeeded", result: null };
}

async function workOnce(world: World, broken = false): Promise<boolean> {
  world.bed.advance(rested);
  const claim = await world.bed.store.claim("w", minute);
  if (claim === undefined) return false;
  await world.bed.store.finish(claim, await perform(world, claim, broken));
  return true;
}

/** What happens, in any order. A delivery that is never sent is lost. */
const happenings = fc.array(
  fc.oneof(
    fc.constant({ what: "push" } as const),
    fc.record({ what: fc.constant("deliver" as const), at: fc.nat(9), again: fc.boolean() }),
    fc.record({ what: fc.constant("work" as const), broken: fc.boolean() }),
  ),
  { minLength: 1, maxLength: 40 },
);

async function live(world: World, happened: typeof happenings extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  for (const [index, each] of happened.entries()) {
    if (each.what === "push") world.head += 1;
    if (each.what === "deliver") await deliver(world, 1 + (each.at % world.head), each.again ? `of ${each.at % world.head}` : `${index}`);
    if (each.what === "work") await workOnce(world, each.broken);
  }
  while (await workOnce(world));
}

const more = { attempts: 20 };
const cases = [
  ...Object.entries(runs).flatMap(([name, run]) => [
    [`${name} of pushes`, "push", { ...run, ...more }] as const,
    [`${name} with cancelRunning of pushes`, "push", { ...run, ...more, cancelRunning: true }] as const,
  ]),
  ...Object.entries(mergedRuns).flatMap(([name, run]) => [
    [`${name} of merged pull requests`, "merged", { ...run, ...more }] as const,
    [`${name} of every merged pull request`, "merged", { ...run, ...more, policy: "every" }] as const,
  ]),
  ...(["tag", "image"] as const).flatMap((what) =>
    Object.entries(everyRuns[what]).flatMap(([name, run]) => [
      [`${name} of events of kind ${what}`, what, { ...run, ...more }] as const,
      [`${name} of the newest event of kind ${what}`, what, { ...run, ...more, policy: "newest" }] as const,
    ]),
  ),
];

test.each(cases)(
  "%s in any order, repeated or lost, never goes back and ends no older than what was accepted",
  async (_name, what, route) => {
    const config = configOf(what, route);
    await fc.assert(
      fc.asyncProperty(happenings, async (happened) => {
        await using bed = await openBed();
        const world: World = { what, config, bed, head: 1, done: [], accepted: 0 };
        await live(world, happened);
        const states = (await bed.store.runs({ limit: 1000 })).map(({ state }) => state);
        expect(world.done).toEqual(world.done.toSorted((a, b) => a - b));
        expect(world.done.at(-1) ?? 0).toBeGreaterThanOrEqual(world.accepted);
        expect(states.filter((state) => ["queued", "running", "waiting", "parked"].includes(state))).toEqual([]);
      }),
      { numRuns: what === "push" ? 40 : 20 },
    );
  },
);

/** What a run of a lane that does every event is told of its tag. */
async function lookAt(pipeline: string, now: (_?: unknown, ref?: string) => Promise<{ sha: string }>) {
  const said: string[] = [];
  const ctx = { git: { resolve: now }, report: (entry: { message: string }) => said.push(entry.message) } as unknown as Context;
  const event: Event = { source: "ci", delivery: "d", ...moving.tag.at(1) };
  const filter = { paths: undefined, shared: [], author: undefined, loops: false };
  const trigger = { event, newest: false, readAgain: false, filter, takes: () => true, repositoryAt: parseRepository };
  const outdated = await lookAgain(
    ctx,
    pipelines.find(({ name }) => name === pipeline)!,
    {},
    trigger,
  );
  return { outdated: outdated?.reason, said };
}

test("a lane that does every event does one whose tag is gone or cannot be read, and posts every message", async () => {
  const gone = (_?: unknown, ref?: string) =>
    ref === undefined ? Promise.resolve({ sha: sha(9) }) : Promise.reject(new FairleadError("not_found", "no"));
  expect(await lookAt("retag", gone)).toEqual({ outdated: undefined, said: [] });
  const closed = () => Promise.reject(new FairleadError("forbidden", "read it"));
  expect(await lookAt("retag", closed)).toEqual({ outdated: undefined, said: ["the event may be out of date: read it"] });
  const moved = (_?: unknown, ref?: string) => Promise.resolve({ sha: ref === sha(1) ? sha(1) : sha(2) });
  expect(await lookAt("retag", moved)).toMatchObject({ outdated: "v1 is at 000000000000 by now" });
  expect(await lookAt("notify", moved)).toEqual({ outdated: undefined, said: [] });
});
