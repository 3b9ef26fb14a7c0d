import { expect, test, vi } from "vitest";
import type { NewReports } from "../../../webhook/store-reports.ts";
import type { ReportClaim, Store } from "../../../webhook/store.ts";
import { all, claim, delivery, minute, push, queue, reported, rested, run, start, type Bed } from "./bed.ts";

const day = 24 * 60 * minute;
const forbidden = { code: "forbidden", message: "set status: 403" } as const;
const away = { code: "unavailable", message: "set status: 503" } as const;

/** Takes all reports that are due, and sends them. Returns what was sent, as `reporter state`. */
async function sendAll(store: Store): Promise<readonly string[]> {
  const sent: string[] = [];
  for (let next: ReportClaim | undefined; (next = await store.claimReport("w", minute)) !== undefined;) {
    sent.push(`${next.reporter} ${next.run.state}`);
    await store.endReport(next, { state: "sent" });
  }
  return sent;
}

/** Claims all that may be sent at a time. */
async function claimAll(store: Store): Promise<ReportClaim[]> {
  const claims: ReportClaim[] = [];
  for (let next; (next = await store.claimReport("w", minute)) !== undefined;) claims.push(next);
  return claims;
}

/** Reports about a repository `name`, each about another commit. */
function aboutOne(name: string, at: number): NewReports {
  return { ...reported, subject: { repository: `github.com/acme/${name}`, commit: `${at}` } };
}

const nameOf = ({ subject }: ReportClaim): string => subject?.repository.replace(/.*\//, "") ?? "none";

export function reportContract(open: () => Promise<Bed>): void {
  test("each state of a run with reports is told once: queued, running, waiting, and its end", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a", { reports: { ...reported, reporters: ["status", "deployment"] } });
    expect(await sendAll(store)).toEqual(["deployment queued", "status queued"]);
    expect(await sendAll(store)).toEqual([]);
    const first = await claim(store);
    expect(await sendAll(store)).toEqual(["deployment running", "status running"]);
    await store.finish(first, { state: "waiting", for: "the merge", wakeOn: undefined, untilMilliseconds: minute });
    expect(await sendAll(store)).toEqual(["deployment waiting", "status waiting"]);
    bed.advance(minute);
    await store.finish(await claim(store), { state: "succeeded", result: 1 });
    bed.advance(minute);
    expect(await sendAll(store)).toEqual(["deployment succeeded", "status succeeded"]);
  });

  test("a run that only looks and waits on is not told again", async () => {
    await using bed = await open();
    const { store } = bed;
    const waiting = { state: "waiting", for: "the merge", wakeOn: undefined, untilMilliseconds: minute } as const;
    await queue(store, "a", { reports: reported });
    await store.finish(await claim(store), waiting);
    expect(await sendAll(store)).toEqual(["status waiting"]);
    for (let looks = 0; looks < 3; looks++) {
      bed.advance(minute);
      await store.finish(await claim(store), waiting);
      bed.advance(minute / 2);
      expect(await sendAll(store)).toEqual([]);
    }
  });

  test("a run without reports tells nothing", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a");
    expect(await bed.store.claimReport("w", minute)).toBeUndefined();
    expect(await bed.store.toldOf(id)).toEqual({ reports: [], rollout: undefined });
  });

  test("a run that ends without a process is told of: superseded, canceled, reaped and parked", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a", { policy: "newest", reports: reported });
    const newer = await queue(store, "a", { policy: "newest", reports: reported });
    await store.cancel(newer);
    await queue(store, "b", { maxAttempts: 1, reports: reported });
    await claim(store);
    bed.advance(minute);
    await store.reap();
    expect((await sendAll(store)).toSorted()).toEqual(["status canceled", "status parked", "status superseded"]);
  });

  test("a run made anew, and one in place of an outdated one, have the reports of their route", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: reported });
    const event = { ...push, commit: "d".repeat(40) };
    const instead = run("a", { event, reports: { ...reported, subject: { repository: push.repository, commit: event.commit } } });
    await store.finish(await claim(store), { state: "skipped", reason: "old", outdated: true, instead });
    await store.rerun(id);
    const claims: ReportClaim[] = [];
    for (let next; (next = await store.claimReport("w", minute)) !== undefined; await store.endReport(next, { state: "sent" })) {
      claims.push(next);
    }
    expect(claims.map((each) => [each.run.state, each.run.rerunOf, each.subject?.commit])).toEqual([
      ["skipped", undefined, push.commit],
      ["queued", undefined, event.commit],
      ["queued", id, push.commit],
    ]);
  });

  test("one report of a run and reporter is sent at a time, and only the newest state is kept", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a", { reports: reported });
    const sending = (await store.claimReport("w-1", minute))!;
    const claimed = await claim(store);
    await store.finish(claimed, { state: "failed", error: away, retry: false });
    expect(await store.claimReport("w-2", minute)).toBeUndefined();
    await store.endReport(sending, { state: "sent" });
    expect(await sendAll(store)).toEqual(["status failed"]);
  });

  test("reports about one commit are sent one after the other, and the newest run of a route has the last word", async () => {
    await using bed = await open();
    const { store } = bed;
    const older = await queue(store, "a", { reports: reported });
    const sending = (await store.claimReport("w-1", minute))!;
    const newer = await store.rerun(older);
    expect(await store.claimReport("w-2", minute)).toBeUndefined();
    await store.endReport(sending, { state: "sent" });
    const ofNewer = (await store.claimReport("w-2", minute))!;
    expect(ofNewer.run.id).toBe(newer);
    await store.endReport(ofNewer, { state: "sent" });
    await store.cancel(older);
    const order = [];
    for (let next; (next = await store.claimReport("w", minute)) !== undefined; await store.endReport(next, { state: "sent" })) {
      order.push([next.run.id === older ? "older" : "newer", next.run.state]);
    }
    expect(order).toEqual([
      ["older", "canceled"],
      ["newer", "queued"],
    ]);
  });

  test("a report whose sender has died is sent again when its lease is over, and the dead one's word counts no more", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: reported });
    const dead = (await store.claimReport("w-1", minute))!;
    bed.advance(minute - 1);
    expect(await store.claimReport("w-2", minute)).toBeUndefined();
    bed.advance(1);
    const again = (await store.claimReport("w-2", minute))!;
    expect([again.run.id, again.revision]).toEqual([id, dead.revision]);
    await expect(store.endReport(dead, { state: "sent" })).rejects.toMatchObject({ code: "conflict" });
    await store.endReport(again, { state: "sent" });
    expect((await store.toldOf(id)).reports).toMatchObject([{ state: "sent" }]);
  });

  test("a report that fails rests, and is given up after a day", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: reported });
    await store.cancel(id);
    for (let tries = 0; tries < 3; tries++) {
      await store.endReport((await store.claimReport("w", minute))!, { state: "failed", error: away, retry: true });
      expect((await store.toldOf(id)).reports).toEqual([{ reporter: "status", state: "wanted", at: undefined, error: away }]);
      bed.advance(rested);
    }
    const last = (await store.claimReport("w", 2 * day))!;
    bed.advance(day);
    await store.endReport(last, { state: "failed", error: away, retry: true });
    expect((await store.toldOf(id)).reports).toEqual([
      { reporter: "status", state: "failed", at: new Date(start.getTime() + 3 * rested + day), error: away },
    ]);
    expect(await store.claimReport("w", minute)).toBeUndefined();
  });

  test("repositories take turns, with one report of each at a time and four of all", async () => {
    await using bed = await open();
    const { store } = bed;
    const names = ["a", "a", "a", "b", "c", "d", "e"];
    for (const [at, name] of names.entries()) await queue(store, `lane ${at}`, { reports: aboutOne(name, at) });
    const claims = await claimAll(store);
    expect(claims.map(nameOf)).toEqual(["a", "b", "c", "d"]);
    const order: string[] = [];
    for (let first; (first = claims.shift()) !== undefined;) {
      await store.endReport(first, { state: "sent" });
      const next = await claimAll(store);
      order.push(next.map(nameOf).join());
      claims.push(...next);
    }
    expect(order).toEqual(["e", "a", "", "", "", "a", ""]);
  });

  test("the reports of a repository that does not answer wait with the one that was tried, and those of others do not", async () => {
    using _ = vi.spyOn(Math, "random").mockReturnValue(0.5);
    await using bed = await open();
    const { store } = bed;
    for (const at of [0, 1, 2]) await queue(store, `lane ${at}`, { reports: aboutOne("slow", at) });
    await queue(store, "lane", { reports: aboutOne("app", 3) });
    const tries: string[] = [];
    for (let tried = 0; tried < 3; tried++) {
      for (let next; (next = await store.claimReport("w", minute)) !== undefined;) {
        tries.push(`${nameOf(next)} ${next.subject!.commit}`);
        const isSlow = nameOf(next) === "slow";
        await store.endReport(next, isSlow ? { state: "failed", error: away, retry: true } : { state: "sent" });
      }
      bed.advance(rested);
    }
    expect(tries).toEqual(["slow 0", "app 3", "slow 1", "slow 2"]);
    expect(await sendAll(store)).toEqual(["status queued", "status queued", "status queued"]);
  });

  test("the back-off of a repository grows with each try that fails, whichever report it was, and ends with an answer", async () => {
    using _ = vi.spyOn(Math, "random").mockReturnValue(1);
    await using bed = await open();
    const { store } = bed;
    for (const at of [0, 1, 2, 3]) await queue(store, `lane ${at}`, { reports: aboutOne("app", at) });
    const failed = { state: "failed", error: away, retry: true } as const;
    for (const rest of [5_000, 10_000, 20_000]) {
      await store.endReport((await store.claimReport("w", minute))!, failed);
      bed.advance(rest - 1);
      expect(await store.claimReport("w", minute)).toBeUndefined();
      bed.advance(1);
    }
    await store.endReport((await store.claimReport("w", minute))!, { state: "failed", error: forbidden, retry: false });
    expect(await sendAll(store)).toEqual(["status queued", "status queued", "status queued"]);
  });

  test("the reports of a run about no known commit wait with those of its route", async () => {
    await using bed = await open();
    const { store } = bed;
    const unknown = { reporters: ["auto"], subject: undefined };
    for (const [at, route] of ["one", "one", "two"].entries()) await queue(store, `lane ${at}`, { route, reports: unknown });
    expect((await claimAll(store)).map(({ run }) => run.route)).toEqual(["one", "two"]);
  });

  test("a report that can never be sent is one warning in the log, and each further state is tried", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: reported });
    await store.endReport((await store.claimReport("w", minute))!, { state: "failed", error: forbidden, retry: false });
    expect((await store.toldOf(id)).reports).toMatchObject([{ state: "failed", error: forbidden }]);
    const claimed = await claim(store);
    await store.endReport((await store.claimReport("w", minute))!, { state: "failed", error: forbidden, retry: false });
    await store.finish(claimed, { state: "succeeded", result: null });
    expect(await sendAll(store)).toEqual(["status succeeded"]);
    expect(await all(store.logOf(id))).toEqual([{ at: start, text: "warning: report by status: set status: 403" }]);
    expect((await store.toldOf(id)).reports).toEqual([{ reporter: "status", state: "sent", at: start, error: undefined }]);
  });

  test("a run of which nobody knows what it is about tells nothing, and is not listed", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: { reporters: ["auto"], subject: undefined } });
    await store.endReport((await store.claimReport("w", minute))!, { state: "nothing" });
    expect([await store.claimReport("w", minute), await store.toldOf(id)]).toEqual([undefined, { reports: [], rollout: undefined }]);
    await store.cancel(id);
    expect(await sendAll(store)).toEqual(["auto canceled"]);
  });

  test("a report that is given back is sent at once by another", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a", { reports: reported });
    await store.endReport((await store.claimReport("w", minute))!, { state: "wanted" });
    expect(await sendAll(store)).toEqual(["status queued"]);
  });

  test("prune keeps an ended run that is still to be told of", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: reported });
    await store.cancel(id);
    bed.advance(1);
    expect(await store.prune(0)).toBe(0);
    expect(await sendAll(store)).toEqual(["status canceled"]);
    expect(await store.prune(0)).toBe(2);
    expect(await store.toldOf(id)).toEqual({ reports: [], rollout: undefined });
  });

  test("reports of a delivery with many runs are all told", async () => {
    await using bed = await open();
    const { store } = bed;
    const runs = Array.from({ length: 120 }, (_, index) =>
      run(`lane ${index}`, { reports: { ...reported, subject: { repository: `github.com/acme/app${index}`, commit: push.commit } } }),
    );
    await store.accept(delivery(), runs);
    expect(await sendAll(store)).toEqual(runs.map(() => "status queued"));
  });
}
