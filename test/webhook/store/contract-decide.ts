import { expect, test } from "vitest";
import { decisionStep } from "../../../webhook/store.ts";
import { claim, delivery, minute, push, queue, reported, run, start, type Bed } from "./bed.ts";

const commit = "c".repeat(40);
const approved = { verdict: "approved", commit, by: "root", reason: null } as const;
const rejected = { verdict: "rejected", commit, by: "admin", reason: "freeze" } as const;
const approving = { who: "root", how: "cli", act: "approve run" } as const;
const url = "https://github.com/acme/app/pull/7#issuecomment-1";
const found = { verdict: "approved", commit, by: "octocat", how: "comment", url } as const;
const rejecting = { who: "admin", how: "cli", act: "reject run" } as const;

/** What is decided of a run, and who has done it. */
export function decideContract(open: () => Promise<Bed>): void {
  const waiting = (run: string) =>
    ({ state: "waiting", for: "approval", wakeOn: [{ kind: "comment", number: 7 }, { kind: "approval", run }], untilMilliseconds: 60 * minute }) as const; // prettier-ignore

  test("a decision wakes the run that waits for it, and is in its journal", async () => {
    await using bed = await open();
    const { store } = bed;
    const [id, other] = [await queue(store, "a"), await queue(store, "b")];
    await store.finish(await claim(store), waiting(id));
    await store.finish(await claim(store), waiting(other));
    expect(await store.claim("w-1", minute)).toBeUndefined();
    expect(await store.decide(id, approved, approving)).toBe(true);
    const woken = await claim(store);
    expect([woken.id, (await store.recorded(woken, decisionStep, ""))?.result]).toEqual([id, approved]);
    expect(await store.claim("w-1", minute)).toBeUndefined();
  });

  test("a decision that comes while the run looks is not missed", async () => {
    await using bed = await open();
    const id = await queue(bed.store, "a");
    const claimed = await claim(bed.store);
    await bed.store.decide(id, approved, approving);
    await bed.store.finish(claimed, waiting(id));
    expect((await claim(bed.store)).id).toBe(id);
  });

  test("the first decision stays: the same again changes nothing, and the opposite is a conflict", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a");
    const both = await Promise.all([store.decide(id, approved, approving), (await bed.again()).decide(id, approved, approving)]);
    expect(both.toSorted()).toEqual([false, true]);
    await expect(store.decide(id, rejected, rejecting)).rejects.toMatchObject({
      code: "conflict",
      message: `reject run: root has already approved ${id}`,
    });
    expect(await store.audit(10)).toEqual([
      { ...approving, at: start, subject: id, configHash: "hash", detail: { commit, reason: null, url: null } },
    ]);
  });

  test("a run that has ended is decided no more, and one that is not there is not found", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a");
    await store.cancel(id);
    await expect(store.decide(id, approved, approving)).rejects.toMatchObject({
      code: "conflict",
      message: `approve run: ${id} has already ended as canceled`,
    });
    await expect(store.decide("none", approved, approving)).rejects.toMatchObject({ code: "not_found" });
    expect([await store.audit(10), (await store.deliveries({ limit: 9 })).length]).toEqual([[], 1]);
  });

  test("a decision that a run finds at its Git provider is an event and an audit, once, however many look and whoever decides besides", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a");
    const other = await bed.again();
    const claimed = await claim(store);
    await Promise.all([store.noteDecision(claimed, found), other.noteDecision(claimed, { ...found, url: null })]);
    await store.noteDecision(claimed, { ...found, verdict: "rejected" });
    expect(await store.recorded(claimed, decisionStep, "")).toBeUndefined(); // it opens no gate
    expect(await store.decide(id, approved, approving)).toBe(true);
    await store.noteDecision(claimed, found);
    const about = { at: start, subject: id, configHash: "hash" };
    expect(await store.audit(10)).toEqual([
      { ...approving, ...about, detail: { commit, reason: null, url: null } },
      { ...about, who: "octocat", how: "comment", act: "reject run", detail: { commit, reason: null, url } },
      { ...about, who: "octocat", how: "comment", act: "approve run", detail: { commit, reason: null, url } },
    ]);
    const event = { source: "fairlead.gate", delivery: null, kind: "approval", run: id, commit, by: "octocat", verdict: "approved" };
    expect((await store.deliveries({ source: "fairlead.gate", limit: 9 })).map(({ events, runs }) => [events, runs])).toEqual([
      [[{ ...event, by: "root" }], []],
      [[{ ...event, verdict: "rejected" }], []],
      [[event], []],
    ]);
  });

  test("a decision that a process finds whose run is another's by now is not noted", async () => {
    await using bed = await open();
    const { store } = bed;
    await queue(store, "a");
    const lost = await claim(store);
    bed.advance(2 * minute);
    expect(await store.reap()).toBe(1);
    await expect(store.noteDecision(lost, found)).rejects.toMatchObject({ code: "conflict" });
    expect([await store.audit(10), await store.deliveries({ source: "fairlead.gate", limit: 9 })]).toEqual([[], []]);
  });

  test("a run that is made anew is decided anew, and acts are kept when their run is deleted", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a");
    await store.decide(id, rejected, rejecting);
    const first = await claim(store);
    await store.finish(first, { state: "failed", retry: false, error: { code: "conflict", message: "rejected" } });
    const again = await store.rerun(id);
    expect(await store.decide(again, approved, approving)).toBe(true);
    await store.finish(await claim(store), { state: "succeeded", result: null });
    bed.advance(60 * minute);
    await store.prune(minute);
    expect(await store.run(id)).toBeUndefined();
    expect((await store.audit(10)).map(({ who, act, subject }) => [who, act, subject])).toEqual([
      ["root", "approve run", again],
      ["admin", "reject run", id],
    ]);
  });

  const asks = (id: string) =>
    ({ run: id, repository: push.repository, commit: push.commit, by: "octocat", source: "github-app" }) as const;
  const checked = { ...reported, reporters: ["check"] };

  test("a delivery that asks for a run anew queues it once, with its audit, whatever it ended as", async () => {
    await using bed = await open();
    const { store } = bed;
    const id = await queue(store, "a", { reports: checked });
    await store.cancel(id);
    const press = { ...delivery("press"), reruns: [asks(id)] };
    const answers = await Promise.all([store.accept(press, []), (await bed.again()).accept(press, [])]);
    const [again, ...others] = (await store.runs({ limit: 9 })).filter(({ rerunOf }) => rerunOf === id);
    expect(answers.flatMap(({ reruns = [] }) => reruns)).toEqual([{ of: id, run: again!.id }]);
    expect([again?.state, again?.lane, again?.input, others]).toEqual(["queued", "a", run("a").input, []]);
    expect((await store.toldOf(again!.id)).reports).toMatchObject([{ reporter: "check", state: "wanted" }]);
    const detail = { run: again!.id, repository: push.repository, commit: push.commit, delivery: answers[0].delivery };
    expect(await store.audit(9)).toEqual([
      { at: start, who: "github.com/octocat", how: "signal", act: "rerun run", subject: id, configHash: "hash", detail },
    ]);
  });

  test("a run that is open, is being repeated, has no check or is not the one that is asked for is not made anew", async () => {
    await using bed = await open();
    const { store } = bed;
    const ask = async (id: string, more: object = {}) =>
      (await store.accept({ ...delivery(), reruns: [{ ...asks(id), ...more }] }, [])).reruns?.map((each) =>
        "why" in each ? each.why : each.of,
      );
    const [id, unchecked] = [await queue(store, "a", { reports: checked }), await queue(store, "b", { reports: reported })];
    expect(await ask(id)).toEqual(["it has not ended: it is queued"]);
    const claimed = await claim(store);
    expect(await ask(id)).toEqual(["it has not ended: it is running"]);
    await store.finish(claimed, { state: "succeeded", result: null });
    expect(await ask(id, { source: "other" })).toEqual(["it was made by source github-app, and this is other"]);
    expect(await ask(id, { repository: "github.com/acme/other" })).toEqual(["it is of another repository"]);
    expect(await ask(id, { commit: "d".repeat(40) })).toEqual(["it is of another commit"]);
    expect(await ask(unchecked)).toEqual(["it has no check of a commit that its event names"]);
    expect(await ask("none")).toEqual(["there is no such run"]);
    expect(await store.audit(9)).toEqual([]);
    expect(await ask(id, { repository: "github.com/Acme/app" })).toEqual([id]);
    const [again] = (await store.runs({ limit: 9 })).filter(({ rerunOf }) => rerunOf === id);
    expect(await ask(id)).toEqual([`${again!.id} repeats it already, and has not ended`]);
  });
}
