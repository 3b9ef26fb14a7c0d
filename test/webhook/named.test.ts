import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqlite } from "../../webhook/stores/sqlite.ts";
import { fairlead } from "../cli.ts";
import { delivery, run } from "./store/bed.ts";

let folder: string;
let config: string;
let made: { readonly delivery: string; readonly runs: readonly string[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-named-"));
  config = join(folder, "fairlead.yaml");
  const store = join(folder, "fairlead.db");
  await writeFile(config, JSON.stringify({ version: 1, store: `sqlite:${store}` }));
  await using opened = await openSqlite(store);
  made = await opened.accept(delivery("guid-of-github"), [run("a")]);
  for (const source of ["one", "two"]) await opened.accept({ ...delivery("guid-of-both"), source }, []);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const json = async (...args: readonly string[]): Promise<unknown> =>
  JSON.parse((await fairlead([...args, "--config", config, "--json"])).stdout);

test("a run and a delivery are named by what the tables show of their ids, and a delivery by its provider's id", async () => {
  const [id = ""] = made.runs;
  const { stdout } = await fairlead(["runs", "list", "--config", config]);
  expect(stdout.split("\n")[1]?.split(" ")[0]).toBe(id.slice(-8));
  expect(await json("runs", "show", id.slice(-8))).toMatchObject({ id });
  expect(await json("runs", "log", id.slice(-6))).toEqual([]);
  expect(await json("runs", "list", "--delivery", made.delivery.slice(-8))).toMatchObject([{ id }]);
  expect(await json("deliveries", "show", made.delivery.slice(-8))).toMatchObject({ id: made.delivery });
  expect(await json("deliveries", "show", "guid-of-github")).toMatchObject({ id: made.delivery });
});

test("a repository lists the runs and deliveries that came of its events", async () => {
  expect(await json("runs", "list", "--repository", "github.com/acme/app")).toMatchObject([{ id: made.runs[0] }]);
  expect(await json("runs", "list", "--repository", "https://github.com/acme/app.git")).toMatchObject([{ id: made.runs[0] }]);
  expect((await fairlead(["runs", "list", "--repository", "nope", "--config", config])).stderr).toMatch(
    /^fairlead: .*"nope": it is no URL\nhint: /,
  );
  expect(await json("runs", "list", "--repository", "github.com/acme/none")).toEqual([]);
  expect(await json("deliveries", "list", "--repository", "github.com/acme/none")).toEqual([]);
});

test("an end of an id that is too short names no run, and an id of two deliveries is refused with both", async () => {
  const short = await fairlead(["runs", "show", made.runs[0]!.slice(-5), "--config", config]);
  expect(short).toMatchObject({ code: 4, stdout: "" });
  const both = ((await json("deliveries", "list")) as { id: string; providerId: string }[])
    .filter(({ providerId }) => providerId === "guid-of-both")
    .map(({ id }) => id);
  expect(both).toHaveLength(2);
  expect(await fairlead(["deliveries", "show", "guid-of-both", "--config", config])).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: find delivery guid-of-both: it names several: ${both.join(", ")}\nhint: give more of the id's end, or all of it\n`,
  });
});
