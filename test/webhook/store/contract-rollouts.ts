import { expect, test, vi } from "vitest";
import type { Event } from "../../../src/core/event.ts";
import type { PullRequestEvent } from "../../../src/core/event/git.ts";
import type { Store } from "../../../webhook/store.ts";
import type { LookClaim, NewRollout } from "../../../webhook/store-reports.ts";
import { claim, delivery, minute, push, queue, reported, type Bed } from "./bed.ts";

const week = 7 * 24 * 60 * minute;
const fleet = "github.com/acme/fleet";
const [merge, other] = ["a".repeat(40), "b".repeat(40)];
const origin = { source: "github", delivery: null };

const proposed: NewRollout = {
  ...{ repository: fleet, number: 7, commit: undefined, ready: false, object: undefined },
  images: [{ image: "ghcr.io/acme/app:2", from: "ghcr.io/acme/app:1" }],
};

function pull(action: PullRequestEvent["action"], more: Partial<PullRequestEvent> = {}): Event {
  const merged = action === "merged" ? { mergeCommit: merge } : {};
  const at = { repository: fleet, number: 7, branch: "fairlead/x", commit: other, base: "main", fork: false };
  return { ...origin, kind: "pull-request", ...at, action, ...merged, ...more };
}

const [root, object] = ["Kustomization/flux-system/flux-system", "Kustomization/flux-system/apps"];
/** What a run says that counts this object alone. */
const apps = { object: "kustomization/apps" };

function flux(ready: boolean, commit = merge, about = object): Event {
  const message = ready ? "Applied revision" : "health check failed";
  return { ...origin, kind: "reconciliation", object: about, revision: `main@sha1:${commit}`, ready, message };
}

/** Queues a run, and ends it with a change of the Flux repository. */
async function ship(store: Store, rollout: Partial<NewRollout> = {}): Promise<string> {
  const id = await queue(store, "a", { reports: reported });
  await store.finish(await claim(store), { state: "succeeded", result: null, rollout: { ...proposed, ...rollout } });
  return id;
}

async function tell(store: Store, event: Event, proven = true): Promise<void> {
  await store.accept({ ...delivery(null, [event]), proven }, []);
}

/** Returns what has become of the run's change, as `state commit: message`. */
async function stateOf(store: Store, id: string): Promise<string> {
  const { state, commit, message } = (await store.toldOf(id)).rollout!;
  return `${state}${commit === undefined ? "" : ` ${commit[0]!}`}${message === undefined ? "" : `: ${message}`}`;
}

/** Tells events one after the other, and returns what has become of the change after each. */
async function after(store: Store, id: string, ...events: readonly Event[]): Promise<readonly string[]> {
  const states = [await stateOf(store, id)];
  for (const event of events) {
    await tell(store, event);
    states.push(await stateOf(store, id));
  }
  return states;
}

/** Ends a run with a change of the Flux repository `name`, of which an unproven event says that it is merged. */
async function mergeUnproven(store: Store, name: string, number: number): Promise<void> {
  const repository = `github.com/acme/${name}`;
  await ship(store, { repository, number });
  await tell(store, pull("merged", { repository, number }), false);
}

/** Claims all looks that may be under way at a time. */
async function claimAll(store: Store): Promise<LookClaim[]> {
  const claims: LookClaim[] = [];
  for (let next; (next = await store.claimLook("w", minute)) !== undefined;) claims.push(next);
  return claims;
}

const nameOf = ({ rollout }: LookClaim): string => rollout.repository.replace(/.*\//, "");

export function rolloutContract(open: () => Promise<Bed>): void {
  test("a pull request that is merged and applied by Flux is proposed, merged and ready", async () => {
    await using bed = await open();
    const id = await ship(bed.store, apps);
    expect(await after(bed.store, id, pull("merged"), flux(true))).toEqual(["proposed", "merged a", "ready a"]);
  });

  test("each change of a rollout is told of its run", async () => {
    await using bed = await open();
    const { store } = bed;
    await ship(store, apps);
    const told: unknown[] = [];
    for (const event of [pull("updated"), pull("merged"), flux(true), flux(true)]) {
      for (let next; (next = await store.claimReport("w", minute)) !== undefined; await store.endReport(next, { state: "sent" })) {
        told.push([next.run.state, next.rollout?.state]);
      }
      await tell(store, event);
    }
    expect(told).toEqual([
      ["succeeded", "proposed"],
      ["succeeded", "merged"],
      ["succeeded", "ready"],
    ]);
    expect(await store.claimReport("w", minute)).toBeUndefined();
  });

  test("a pull request that is closed and reopened is followed on", async () => {
    await using bed = await open();
    const id = await ship(bed.store);
    expect(await after(bed.store, id, pull("closed"), pull("opened"), pull("merged"), pull("closed"))).toEqual([
      ...["proposed", "closed", "proposed", "merged a", "merged a"],
    ]);
  });

  test("the first object that is ready has the provider asked, and one that fails then makes the change unready", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await ship(store);
    expect(await after(store, id, pull("merged"), flux(true, merge, root))).toEqual(["proposed", "merged a", "merged a"]);
    const look = (await store.claimLook("w", minute))!;
    expect(look).toMatchObject({ rollout: { objects: { [root]: null } }, known: [], since: expect.any(Number) as number });
    await store.endLook(look, { state: "nothing", pending: true });
    expect(await store.claimLook("w", minute)).toBeUndefined();
    bed.advance(minute / 2);
    await store.endLook((await store.claimLook("w", minute))!, { state: "nothing", pending: true });
    await tell(store, flux(false));
    expect(await stateOf(store, id)).toBe(`unready a: ${object}: health check failed`);
  });

  test("reports that are expected are asked for again for ten minutes, and then no more", async () => {
    await using bed = await open();
    const { store } = bed;
    await ship(store);
    for (const event of [pull("merged"), flux(true, merge, root)]) await tell(store, event);
    let looks = 0;
    for (let look; (look = await store.claimLook("w", minute)) !== undefined; looks += 1) {
      await store.endLook(look, { state: "nothing", pending: true });
      bed.advance(minute / 2);
    }
    expect(looks).toBe(21);
  });

  test("a change is ready when all objects are that have reported on an earlier one", async () => {
    await using bed = await open();
    const { store } = bed;
    const first = await ship(store);
    for (const event of [pull("merged"), flux(true, merge, root), flux(false)]) await tell(store, event);
    const second = await ship(store, { number: 8 });
    const merged = pull("merged", { number: 8, mergeCommit: other });
    const states = await after(
      store,
      second,
      merged,
      flux(true, other, root),
      flux(true, other),
      flux(false, other, root),
      flux(true, other, root),
    );
    expect(states).toEqual(["proposed", "merged b", "merged b", "ready b", `unready b: ${root}: health check failed`, "ready b"]);
    expect(await stateOf(store, first)).toBe(`unready a: ${object}: health check failed`);
  });

  test("a run that names the object for which it waits counts no other", async () => {
    await using bed = await open();
    const id = await ship(bed.store, { object: "kustomization/apps" });
    const infra = "Kustomization/flux-system/infra";
    expect(await after(bed.store, id, pull("merged"), flux(false, merge, infra), flux(true))).toEqual([
      ...["proposed", "merged a", "merged a", "ready a"],
    ]);
  });

  test("a merge, and a report of Flux, that came while the run was going on or in another order count", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: reported });
    const claimed = await claim(store);
    await tell(store, flux(true));
    await tell(store, pull("merged"));
    await store.finish(claimed, { state: "succeeded", result: null, rollout: { ...proposed, ...apps } });
    expect(await stateOf(store, id)).toBe("ready a");
    const late = await ship(store, { number: 8, ...apps });
    await tell(store, flux(true, other));
    await tell(store, pull("merged", { number: 8, mergeCommit: other }));
    expect(await stateOf(store, late)).toBe("ready b");
  });

  test("a merge that GitHub's revert pull request takes back is reverted, and so is one that a push takes back", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await ship(store);
    const revert = pull("merged", { number: 9, mergeCommit: other, reverts: 7 });
    expect(await after(store, id, revert, pull("merged"), revert, flux(true))).toEqual([
      ...[
        "proposed",
        "proposed",
        "merged a",
        `reverted a: reverted by ${other.slice(0, 12)}`,
        `reverted a: reverted by ${other.slice(0, 12)}`,
      ],
    ]);
    const second = await ship(store, { number: 17 });
    const merged = pull("merged", { number: 17, mergeCommit: "e".repeat(40) });
    const pushed: Event = { ...push, repository: fleet, commit: "f".repeat(40), reverts: ["e".repeat(40)] };
    expect(await after(store, second, merged, { ...pushed, repository: "github.com/acme/x" }, pushed)).toEqual([
      ...["proposed", "merged e", "merged e", "reverted e: reverted by ffffffffffff"],
    ]);
  });

  test("a later run that sets the images back reverts the earlier one when it is merged", async () => {
    await using bed = await open();
    const { store } = bed;
    const first = await ship(store);
    await tell(store, pull("merged"));
    const back = { number: 8, images: [{ image: "ghcr.io/acme/app:1", from: "ghcr.io/acme/app:2" }] };
    const second = await ship(store, back);
    expect(await stateOf(store, first)).toBe("merged a");
    await tell(store, pull("merged", { number: 8, mergeCommit: other }));
    expect([await stateOf(store, first), await stateOf(store, second)]).toEqual(["reverted a: reverted by bbbbbbbbbbbb", "merged b"]);
  });

  test("an event of an unproven source changes nothing: the provider is asked, once more if something new came meanwhile", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await ship(store);
    await tell(store, pull("merged"), false);
    expect(await stateOf(store, id)).toBe("proposed");
    const early = (await store.claimLook("w", minute))!;
    expect(early).toMatchObject({ run: id, rollout: { repository: fleet, number: 7, state: "proposed" } });
    expect(await store.claimLook("w", minute)).toBeUndefined();
    await tell(store, pull("merged"), false);
    await expect(store.endLook(early, { state: "nothing" })).rejects.toMatchObject({ code: "conflict" });
    const look = (await store.claimLook("w", minute))!;
    await store.endLook(look, { state: "found", rollout: { state: "ready", commit: merge, message: undefined } });
    expect([await stateOf(store, id), await store.claimLook("w", minute)]).toEqual(["ready a", undefined]);
  });

  test("a report of Flux at a later commit has the provider asked", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await ship(store);
    await tell(store, pull("merged"));
    expect(await store.claimLook("w", minute)).toBeUndefined();
    await tell(store, flux(true, other));
    await tell(store, flux(true, "c".repeat(40)), false);
    const look = (await store.claimLook("w", minute))!;
    expect([look.run, look.rollout.later]).toEqual([id, [{ object, commit: other }]]);
    const objects = { [object]: null };
    await store.endLook(look, { state: "found", rollout: { state: "ready", commit: merge, message: undefined, objects } });
    const next = await ship(store, { number: 8, commit: "d".repeat(40) });
    await tell(store, flux(true, "f".repeat(40)));
    expect(await store.claimLook("w", minute)).toMatchObject({ run: next, known: [object] });
  });

  test("a look whose asker has died, or whose provider does not answer, is taken again", async () => {
    await using bed = await open();
    const { store } = bed;
    await ship(store);
    await tell(store, pull("merged"), false);
    const dead = (await store.claimLook("w", minute))!;
    bed.advance(minute);
    const again = (await store.claimLook("w", minute))!;
    await expect(store.endLook(dead, { state: "nothing" })).rejects.toMatchObject({ code: "conflict" });
    await store.endLook(again, { state: "failed", retry: true });
    bed.advance(5 * minute);
    expect((await store.claimLook("w", minute))?.run).toBe(again.run);
  });

  test("Flux repositories that are looked at take turns, with one look at each at a time and four of all", async () => {
    await using bed = await open();
    const { store } = bed;
    const names = ["a", "a", "a", "b", "c", "d", "e"];
    for (const [at, name] of names.entries()) await mergeUnproven(store, name, at);
    const claims = await claimAll(store);
    expect(claims.map(nameOf)).toEqual(["a", "b", "c", "d"]);
    const order: string[] = [];
    for (let first; (first = claims.shift()) !== undefined;) {
      await store.endLook(first, { state: "nothing" });
      const next = await claimAll(store);
      order.push(next.map(nameOf).join());
      claims.push(...next);
    }
    expect(order).toEqual(["e", "a", "", "", "", "a", ""]);
  });

  test("a Flux repository that does not answer is asked one change after the other, and delays no look at another", async () => {
    using _ = vi.spyOn(Math, "random").mockReturnValue(1);
    await using bed = await open();
    const { store } = bed;
    for (const [at, name] of ["slow", "slow", "app"].entries()) await mergeUnproven(store, name, at);
    const tries: string[] = [];
    for (let tried = 0; tried < 3; tried++) {
      for (let next; (next = await store.claimLook("w", minute)) !== undefined;) {
        tries.push(`${nameOf(next)} ${next.rollout.number!}`);
        await store.endLook(next, nameOf(next) === "slow" ? { state: "failed", retry: true } : { state: "nothing" });
      }
      bed.advance([4_999, 1][tried] ?? 0);
    }
    expect(tries).toEqual(["slow 0", "app 2", "slow 1"]);
  });

  test("a look whose worker is gone is another's at once, and so is one that is given back", async () => {
    await using bed = await open();
    const { store } = bed;
    await mergeUnproven(store, "a", 0);
    const dead = (await store.claimLook("gone", minute))!;
    await store.reap(({ worker }) => worker !== "gone");
    expect(await store.claimLook("w", minute)).toBeUndefined();
    await store.reap(({ worker }) => worker === "gone");
    const next = (await store.claimLook("w", minute))!;
    await expect(store.endLook(dead, { state: "nothing" })).rejects.toMatchObject({ code: "conflict" });
    expect([next.run, await store.claimLook("w", minute)]).toEqual([dead.run, undefined]);
    await store.endLook(next, { state: "wanted" });
    expect((await store.claimLook("w", minute))?.run).toBe(dead.run);
  });

  test.each([
    ["proposed", []],
    ["merged", [pull("merged")]],
  ] as const)(
    "a change that is %s for a week without a word is asked for, then unknown, and followed on if it is heard of",
    async (_, events) => {
      await using bed = await open();
      const { store } = bed;
      const id = await ship(store, apps);
      for (const event of events) await tell(store, event);
      bed.advance(week - 1);
      expect(await store.claimLook("w", minute)).toBeUndefined();
      bed.advance(1);
      await store.endLook((await store.claimLook("w", minute))!, { state: "nothing" });
      expect((await store.toldOf(id)).rollout?.state).toBe("unknown");
      bed.advance(week);
      expect(await store.claimLook("w", minute)).toBeUndefined();
      for (const event of [pull("merged"), flux(true)]) await tell(store, event);
      expect(await stateOf(store, id)).toBe("ready a");
    },
  );

  test("a change straight to the branch, and one that its run has seen ready, begin where they are", async () => {
    await using bed = await open();
    const { store } = bed;
    const direct = await ship(store, { number: undefined, commit: merge });
    const ready = await ship(store, { number: 8, commit: other, ready: true });
    expect([await stateOf(store, direct), await stateOf(store, ready)]).toEqual(["merged a", "ready b"]);
  });
}
