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
import { routeEvents } from "../../../webhook/routing/route.ts";
import { lookAgain } from "../../../webhook/run/current.ts";
import { routeOf, skippedEnding } from "../../../webhook/run/execute.ts";
import type { Claim, Ending } from "../../../webhook/store.ts";
import { minute, rested, type Bed } from "../store/bed.ts";
import { openBed } from "../store/sqlite-bed.ts";

const [repository, image] = ["github.com/acme/app", "ghcr.io/acme/app"];
const tag = `${image}:sha-\${{ event.commit }}`;

/** One pipeline of each kind: none but `build` is given the repository of the push. */
const runs = {
  deploy: { run: "deploy", with: { images: [tag], fluxRepository: "git.example.com/acme/fleet" } },
  retag: { run: "retag", with: { source: tag, tags: ["dev"] } },
  notify: { run: "notify", with: { message: "${{ event.commit }}", to: ["slack:C0RELEASES"] } },
  build: { run: "build", with: { repository, ref: "${{ event.commit }}", image } },
};

function configOf(route: object): ListenerConfig {
  const sources = { ci: { kind: "generic-hmac", secrets: "env:CI" } };
  const when = { source: "ci", kind: "push", repository, branch: "main" };
  return readConfig(JSON.stringify({ version: 1, sources, routes: [{ name: "main", when, ...route }] }), {
    path: "fairlead.yaml",
    receivers,
    pipelines,
  });
}

/** A branch whose commits are numbered by their place in it, and what became of it outside. */
interface World {
  readonly config: ListenerConfig;
  readonly bed: Bed;
  head: number;
  /** The places of what was done, in the order in which it was. */
  readonly done: number[];
  /** The newest commit of which a delivery was accepted. */
  accepted: number;
}

const sha = (place: number): string => place.toString(16).padStart(40, "0");

/** Git as the run sees it: the branch, and commits by their names. */
function contextOf(world: World): Context {
  const resolve = (_: unknown, ref: string | undefined): Promise<{ sha: string }> => {
    if (ref === undefined || ref === "refs/heads/main") return Promise.resolve({ sha: sha(world.head) });
    if (/^[0-9a-f]{40}$/.test(ref)) return Promise.resolve({ sha: ref });
    return Promise.reject(new FairleadError("not_found", `find ${ref}`));
  };
  return { git: { resolve } } as unknown as Context;
}

async function deliver(world: World, place: number, id: string): Promise<void> {
  const event: Event = {
    ...{ kind: "push", source: "generic-hmac", delivery: id },
    repository,
    branch: "main",
    commit: sha(place),
    before: null,
  };
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
    repositoryAt: parseRepository,
  };
  const outdated = await lookAgain(contextOf(world), route.pipeline, {}, trigger);
  if (outdated !== undefined) return skippedEnding(claim, route, outdated);
  const error = { code: "unavailable", message: "broken off" } as const;
  if (broken) return { state: "failed", retry: true, error };
  world.done.push(Number.parseInt((claim.event as { commit: string }).commit, 16));
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

const cases = Object.entries(runs).flatMap(([name, run]) => [
  [name, { ...run, attempts: 20 }] as const,
  [`${name} with cancelRunning`, { ...run, attempts: 20, cancelRunning: true }] as const,
]);

test.each(cases)(
  "%s of pushes in any order, repeated or lost, never goes back and ends no older than what was accepted",
  async (_name, route) => {
    const config = configOf(route);
    await fc.assert(
      fc.asyncProperty(happenings, async (happened) => {
        await using bed = await openBed();
        const world: World = { config, bed, head: 1, done: [], accepted: 0 };
        await live(world, happened);
        const states = (await bed.store.runs({ limit: 1000 })).map(({ state }) => state);
        expect(world.done).toEqual(world.done.toSorted((a, b) => a - b));
        expect(world.done.at(-1) ?? 0).toBeGreaterThanOrEqual(world.accepted);
        expect(states.filter((state) => ["queued", "running", "waiting", "parked"].includes(state))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  },
);
