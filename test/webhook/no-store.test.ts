import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../../webhook/stores/sqlite.ts";
import { fairlead, startFairlead } from "../cli.ts";
import { delivery, run } from "./store/bed.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-no-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Returns a configuration whose store is at this path below the folder. */
async function configOf(store: string): Promise<string> {
  const file = join(folder, "fairlead.yaml");
  await writeFile(file, JSON.stringify({ version: 1, store: `sqlite:${join(folder, store)}` }));
  return file;
}

const commands: readonly (readonly [doing: string, ...args: string[]])[] = [
  ["read runs", "runs", "list"],
  ["read run", "runs", "show", "0"],
  ["read log", "runs", "log", "0"],
  ["cancel run", "runs", "cancel", "0"],
  ["rerun run", "runs", "rerun", "0"],
  ["read deliveries", "deliveries", "list"],
  ["read delivery", "deliveries", "show", "0"],
  ["resend delivery", "deliveries", "resend", "0"],
];

test.each(commands)("%s without a store is not_found, names the path, and makes none", async (doing, ...args) => {
  const config = await configOf("state/fairlead.db");
  const { code, stdout, stderr } = await fairlead([...args, "--config", config]);
  expect({ code, stdout, stderr: stderr.replaceAll(folder, "FOLDER"), made: await readdir(folder) }).toEqual({
    code: 4,
    stdout: "",
    stderr: `fairlead: ${doing}: no store at FOLDER/state/fairlead.db
hint: name the configuration of the listener with --config, or start fairlead serve, which makes the store
`,
    made: ["fairlead.yaml"],
  });
});

test("an empty file is no store either, and a command that reads leaves it empty", async () => {
  await writeFile(join(folder, "empty.db"), "");
  const { code, stderr } = await fairlead(["runs", "list", "--config", await configOf("empty.db")]);
  expect({ code, told: stderr.split("\n")[0]?.replaceAll(folder, "FOLDER"), files: (await readdir(folder)).sort() }).toEqual({
    code: 4,
    told: "fairlead: read runs: no store at FOLDER/empty.db",
    files: ["empty.db", "fairlead.yaml"],
  });
});

test("a store below what is no folder does not exist, and a folder is no store", async () => {
  await writeFile(join(folder, "file"), "");
  const below = await fairlead(["runs", "list", "--config", await configOf("file/fairlead.db")]);
  expect([below.code, below.stderr.split("\n")[0]]).toEqual([4, `fairlead: read runs: no store at ${folder}/file/fairlead.db`]);
  await mkdir(join(folder, "folder"));
  const within = await fairlead(["runs", "list", "--config", await configOf("folder")]);
  expect([within.code, within.stderr.split("\n")[0]]).toEqual([
    75,
    `fairlead: open store: ${folder}/folder cannot be opened for writing: EISDIR`,
  ]);
});

test("a list of no length is an input error", async () => {
  const { code, stderr } = await fairlead(["runs", "list", "--limit", "0", "--config", await configOf("fairlead.db")]);
  expect([code, stderr.split("\n")[0]]).toEqual([2, "fairlead: runs: --limit: expected 1 or more"]);
});

test("a configuration without a store has it beside its file, wherever a command runs", async () => {
  const config = join(folder, "fairlead.yaml");
  await writeFile(config, "version: 1\n");
  const elsewhere = join(folder, "elsewhere");
  await mkdir(elsewhere);
  const { code, stderr } = await startFairlead(["runs", "list", "--config", "../fairlead.yaml"], {}, elsewhere).ended;
  expect([code, stderr.split("\n")[0], await readdir(elsewhere)]).toEqual([
    4,
    `fairlead: read runs: no store at ${folder}/fairlead.db`,
    [],
  ]);
});

/** Texts in which something else is wrong than the store, which is kept.db. */
const broken: readonly (readonly [what: string, text: string])[] = [
  ["a route that names no pipeline", "version: 1\nstore: sqlite:kept.db\nroutes: [{ run: sipp }]\n"],
  ["another version", "version: 2\nstore: sqlite:kept.db\n"],
  ["an unquoted expression behind the store", "store: sqlite:kept.db\nroutes:\n  - { with: { ref: ${{ event.commit }} } }\n"],
  ["an unquoted expression before the store", "routes:\n  - { with: { ref: ${{ event.commit }} } }\nstore: sqlite:kept.db # here\n"],
  ["a bracket that is never closed", "limits: { rate: 1\nstore: sqlite:kept.db\n"],
];

test.each(broken)("fairlead runs list needs only the store of a configuration: of one with %s it lists the runs", async (_, text) => {
  await using store = await openSqlite(join(folder, "kept.db"));
  const { runs } = await store.accept(delivery("one"), [run("a")]);
  const config = join(folder, "fairlead.yaml");
  await writeFile(config, text);
  const { code, stdout, stderr } = await fairlead(["runs", "list", "--config", config, "--json"]);
  expect({ code, stderr, ids: (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id) }).toEqual({ code: 0, stderr: "", ids: runs });
});

test.each([
  ["the store itself is wrong", "store: postgres:x\nroutes: 1\n", '1:8 store: there is no kind of store "postgres": expected'],
  ["it is not plain where the store is", "{ store: 'sqlite:a.db', with: ${{ a }} }\n", "1:32 an expression within { } or [ ]"],
])("fairlead runs list tells what is wrong with a configuration where %s", async (_, text, told) => {
  const config = join(folder, "fairlead.yaml");
  await writeFile(config, text);
  const { code, stderr } = await fairlead(["runs", "list", "--config", config]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`fairlead: runs: ${config}:${told}`) as string });
});
