import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fairlead } from "../cli.ts";

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

test.each(commands)("%s without a store is an input error, and makes none", async (doing, ...args) => {
  const config = await configOf("state/fairlead.db");
  const { code, stdout, stderr } = await fairlead([...args, "--config", config]);
  expect({ code, stdout, stderr: stderr.replaceAll(folder, "FOLDER"), made: await readdir(folder) }).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: ${doing}: no store at FOLDER/state/fairlead.db
hint: name the store of the listener in its configuration, by its whole path, or start fairlead serve, which makes one
`,
    made: ["fairlead.yaml"],
  });
});

test("an empty file is no store either, and a command that reads leaves it empty", async () => {
  await writeFile(join(folder, "empty.db"), "");
  const { code, stderr } = await fairlead(["runs", "list", "--config", await configOf("empty.db")]);
  expect({ code, told: stderr.split("\n")[0]?.replaceAll(folder, "FOLDER"), files: (await readdir(folder)).sort() }).toEqual({
    code: 2,
    told: "fairlead: read runs: no store at FOLDER/empty.db",
    files: ["empty.db", "fairlead.yaml"],
  });
});

test("a store below what is no folder does not exist, and a folder is no store", async () => {
  await writeFile(join(folder, "file"), "");
  const below = await fairlead(["runs", "list", "--config", await configOf("file/fairlead.db")]);
  expect([below.code, below.stderr.split("\n")[0]]).toEqual([2, `fairlead: read runs: no store at ${folder}/file/fairlead.db`]);
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
