/** What a delivery comes to that its provider sends again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDoor, type Door } from "../attack/door.ts";
import { commit, hubHeaders, push, repository, tellRoutes } from "../attack/signed.ts";
import type { Store } from "../../webhook/store.ts";

const open = (routes: readonly object[], more: object = {}): Promise<Door> =>
  openDoor({ sources: { git: { kind: "github", secrets: "SECRET", ...more } }, routes });
const deliver = (door: Door, id: string, body = push) => door.post("git", body, hubHeaders(body, id));

async function fail(store: Store): Promise<void> {
  const claim = await store.claim("worker", 60_000);
  await store.finish(claim!, { state: "failed", retry: false, error: { code: "unavailable", message: "no" } });
}

test("a delivery that made no run is routed again by the routes of today, and then it is a duplicate", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-redelivery-"));
  const store = `sqlite:${join(folder, "store.db")}`;
  const sources = { git: { kind: "github", secrets: "SECRET" } };
  try {
    await using before = await openDoor({ sources, store });
    const first = await deliver(before, "d-1");
    expect(first).toMatchObject({ status: 200, body: { ignored: "no route takes it", runs: [] } });
    expect(await deliver(before, "d-1")).toMatchObject({ status: 200, body: { duplicate: first.body.delivery, runs: [] } });
    await using after = await openDoor({ sources, store, routes: tellRoutes(1, "git") });
    const answers = await Promise.all(["d-1", "d-1", "d-2"].map((id) => deliver(after, id)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 202]);
    const { delivery, runs } = answers.find(({ status }) => status === 202)!.body as { delivery: string; runs: string[] };
    expect(runs).toHaveLength(1);
    for (const id of ["d-1", "d-2"]) expect(await deliver(after, id)).toMatchObject({ status: 200, body: { duplicate: delivery, runs } });
    expect(await after.store.runs({ limit: 9 })).toMatchObject([{ id: runs[0], delivery, route: "tell-0" }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a body that made its runs under another id makes none under its first one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-redelivery-"));
  const store = `sqlite:${join(folder, "store.db")}`;
  const sources = { git: { kind: "github", secrets: "SECRET" } };
  try {
    await using before = await openDoor({ sources, store });
    await deliver(before, "d-1");
    await using after = await openDoor({ sources, store, routes: tellRoutes(1, "git") });
    const { status, body } = await deliver(after, "d-2");
    expect(status).toBe(202);
    expect(await deliver(after, "d-1")).toMatchObject({ status: 200, body: { duplicate: body.delivery, runs: body.runs } });
    expect(await after.store.runs({ limit: 9 })).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a delivery of many runs that made none before makes them once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-redelivery-"));
  const store = `sqlite:${join(folder, "store.db")}`;
  const sources = { git: { kind: "github", secrets: "SECRET" } };
  try {
    await using before = await openDoor({ sources, store });
    await deliver(before, "d-1");
    await using after = await openDoor({ sources, store, routes: tellRoutes(60, "git") });
    const answers = [await deliver(after, "d-1"), await deliver(after, "d-1")];
    expect(answers.map(({ status, body }) => [status, (body.runs as string[]).length])).toEqual([
      [202, 60],
      [200, 60],
    ]);
    expect(await after.store.runs({ limit: 99 })).toHaveLength(60);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a delivery that comes again repeats those of its runs that have failed, where its source says rerun-failed", async () => {
  await using door = await open(tellRoutes(2, "git"), { redelivery: "rerun-failed" });
  const first = await deliver(door, "d-1");
  const { delivery, runs } = first.body as { delivery: string; runs: string[] };
  const duplicate = { status: 200, body: { duplicate: delivery, runs } };
  expect(await deliver(door, "d-1")).toMatchObject(duplicate);
  await fail(door.store);
  const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(door, "d-1")));
  const repeated = answers.filter(({ status }) => status === 202);
  expect(repeated).toMatchObject([{ body: { accepted: "its failed runs are repeated", delivery, runs: [expect.any(String)] } }]);
  expect(await deliver(door, "d-1")).toMatchObject(duplicate);
  const [made] = repeated[0]!.body.runs as string[];
  expect(await door.store.run(made!)).toMatchObject({ state: "queued", rerunOf: runs[0], delivery });
  expect(await door.store.runs({ limit: 9 })).toHaveLength(3);
});

test("a failed run is not repeated by a delivery that comes again unless its source says so", async () => {
  await using door = await open(tellRoutes(1, "git"));
  const { body } = await deliver(door, "d-1");
  await fail(door.store);
  expect(await deliver(door, "d-1")).toMatchObject({ status: 200, body: { duplicate: body.delivery, runs: body.runs } });
  expect(await door.store.runs({ limit: 9 })).toHaveLength(1);
});

test("another push under its own id is a delivery of its own", async () => {
  await using door = await open(tellRoutes(1, "git"), { redelivery: "rerun-failed" });
  const later = JSON.stringify({ ref: "refs/heads/main", before: commit, after: "1".repeat(40), repository });
  expect([await deliver(door, "d-1"), await deliver(door, "d-2", later)]).toMatchObject([{ status: 202 }, { status: 202 }]);
});
