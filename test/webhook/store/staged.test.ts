import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openSqlite } from "../../../webhook/stores/sqlite.ts";
import { claim, delivery, run, statesOf } from "./bed.ts";

/** Writes runs that a process has staged for a delivery, and not queued when it died. */
function stageBy(file: string, id: string, ...runs: readonly string[]): void {
  using db = new DatabaseSync(file);
  const part = { runs: runs.map((each) => ({ id: each, run: run("lane") })) };
  db.prepare("INSERT INTO staged (delivery, first, staged_at, part) VALUES (?, 0, 0, ?)").run(id, JSON.stringify(part));
}

test("the runs of a delivery whose process died before it queued them are queued by whoever opens the store, before anything new", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-staged-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, "fairlead.db");
  const dying = await openSqlite(file);
  const { delivery: id } = await dying.accept(delivery("d-1"), []);
  await dying[Symbol.asyncDispose]();
  stageBy(file, id, "run-1", "run-2");
  stageBy(file, "no delivery", "run-3");

  const store = stack.use(await openSqlite(file));
  const [later] = (await store.accept(delivery("d-2"), [run("lane")])).runs;
  expect(await statesOf(store, "run-1", "run-2", later!, "run-3")).toEqual(["queued", "queued", "queued", undefined]);
  expect(await claim(store)).toMatchObject({ id: "run-1", delivery: id });

  stageBy(file, id, "run-4");
  const [last] = (await store.accept(delivery("d-3"), [run("lane")])).runs;
  expect((await store.runs({ lane: "lane", limit: 2 })).map((each) => each.id)).toEqual([last, "run-4"]);

  await store.prune(0);
  using db = new DatabaseSync(file);
  expect(db.prepare("SELECT count(*) AS count FROM staged").get()).toEqual({ count: 0 });
});
