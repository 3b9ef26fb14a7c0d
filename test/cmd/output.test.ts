import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { bin, fairlead } from "../cli.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { runInTerminal } from "../doubles/terminal.ts";
import { pushTwoPlatforms } from "../pipelines/images.ts";

let source: Registry;
let target: Registry;
let folder: string;
/** A copy of an image to a place that has nothing of it yet. */
let copy: readonly string[];
let copies = 0;

beforeAll(async () => {
  [source, target] = await Promise.all([startRegistry(), startRegistry()]);
  await pushTwoPlatforms({ host: source.host, repository: "acme/app" }, "tested");
  folder = await mkdtemp(join(tmpdir(), "fairlead-output-"));
});
beforeEach(() => {
  copy = ["retag", `${source.host}/acme/app:tested`, "1.4.3", "--to", `${target.host}/acme/copy-${(copies += 1)}`];
});
afterAll(async () => {
  await Promise.all([source[Symbol.asyncDispose](), target[Symbol.asyncDispose](), rm(folder, { recursive: true })]);
});

const linesOf = (text: string): readonly string[] => text.trimEnd().split("\n");

test("--progress json prints each event of a run as one JSON document on a line of stderr", async () => {
  const { code, stderr } = await fairlead([...copy, "--progress", "json"]);
  expect(code).toBe(0);
  const events = linesOf(stderr).map((line) => JSON.parse(line) as { type: string; milliseconds: number });
  expect(events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1])).toEqual([
    ...["run-started", "step-started", "step-planned", "transfer", "step-finished"],
  ]);
  expect(events.findLast(({ type }) => type === "transfer")).toMatchObject({ to: copy.at(-1), layers: 2, ofLayers: 2, ended: true });
  expect(events.every(({ milliseconds }) => Number.isInteger(milliseconds))).toBe(true);
});

test("a failure with --progress json is the last line of stderr, as JSON", async () => {
  const { code, stderr } = await fairlead(["retag", `${source.host}/acme/app:nope`, "1", "--progress", "json"]);
  expect(code).toBe(4);
  expect(JSON.parse(linesOf(stderr).at(-1) ?? "")).toMatchObject({ type: "error", code: "not_found" });
});

test("--quiet prints the result and nothing on stderr", async () => {
  const { code, stderr, stdout } = await fairlead([...copy, "--quiet"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("digest");
});

test("--quiet prints an error and its hint all the same", async () => {
  const { stderr } = await fairlead(["retag", `${source.host}/acme/app:nope`, "1", "--quiet"]);
  expect(linesOf(stderr).map((line) => line.split(":")[0])).toEqual(["fairlead", "hint"]);
});

test("a copy without a terminal says its layers and bytes once it is done", async () => {
  const { stderr } = await fairlead(copy);
  expect(linesOf(stderr).filter((line) => line.startsWith("copy to "))).toEqual([
    expect.stringMatching(new RegExp(`^copy to ${copy.at(-1)}: 2 layers, \\d+(\\.\\d)? k?B$`)),
  ]);
});

test("--output json prints what --json prints", async () => {
  const image = `${source.host}/acme/app:tested`;
  const [one, other] = await Promise.all([
    fairlead(["image", "digest", image, "--output", "json"]),
    fairlead(["image", "digest", image, "--json"]),
  ]);
  expect(one).toEqual(other);
  expect(JSON.parse(one.stdout)).toMatchObject({ image: expect.stringContaining("@sha256:") as string });
});

test("an error is a JSON document too where --output json asks for it", async () => {
  const { stdout } = await fairlead(["image", "digest", `${source.host}/acme/app:nope`, "--output=json"]);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "not_found" } });
});

test("a text with the words of a flag in it asks for no JSON", async () => {
  const { code, stdout, stderr } = await fairlead(["notify", "say --json or --output json to all", "--to", "nobody"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^fairlead: notify: --to: /);
});

test("set-image refuses --output json with -, as it does --json", async () => {
  const ended = await Promise.all(
    [["--json"], ["--output", "json"]].map((flags) => fairlead(["set-image", "ghcr.io/acme/app:1", "-", ...flags])),
  );
  expect(ended.map(({ code, stderr }) => [code, stderr.split("\n")[0]])).toEqual(
    Array(2).fill([2, "fairlead: set-image: --json cannot go with -: stdout is the manifest"]),
  );
});

test("--metadata-file has the result as JSON, beside what is printed", async () => {
  const file = join(folder, "result.json");
  const { code, stdout } = await fairlead([...copy, "--metadata-file", file]);
  expect(code).toBe(0);
  const result = JSON.parse(await readFile(file, "utf8")) as { digest: string };
  expect(stdout).toContain(result.digest);
});

test("a --metadata-file whose folder does not exist is an error before anything is done", async () => {
  const { code, stderr } = await fairlead([...copy, "--metadata-file", join(folder, "nope", "result.json")]);
  expect([code, linesOf(stderr).length]).toEqual([2, 2]);
  expect(await readdir(folder)).not.toContain("nope");
  expect((await fairlead(["image", "digest", `${copy.at(-1)}:1.4.3`])).code).toBe(4);
});

test.each([
  [["--json", "--output", "table"], "the result is wanted as a table and as JSON"],
  [["--quiet", "--verbose"], "progress is wanted, and none"],
  [["--quiet", "--progress", "plain"], "progress is wanted, and none"],
])("%j contradict each other, which is an error before anything is done", async (flags, why) => {
  const { code, stderr } = await fairlead([...copy, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toContain(`${why}\nhint: leave out one of both\n`);
});

test("--progress plain prints lines at a terminal, and moves nothing on it", async () => {
  const { written: printed } = await runInTerminal([process.execPath, bin, ...copy, "--progress", "plain"], { columns: 100, rows: 30 });
  expect(printed).toContain(": started\r\n");
  expect(printed).not.toContain("\x1b[A");
});

test("--progress tty draws the live list where stderr is no terminal", async () => {
  const { stderr } = await fairlead([...copy, "--progress", "tty"]);
  expect(stderr).toContain("\x1b[A");
});

test("a run that fails leaves no --metadata-file of an earlier run, and a wrong command line changes none", async () => {
  const file = join(folder, "old.json");
  await writeFile(file, "{}");
  expect((await fairlead([...copy, "--nope", "--metadata-file", file])).code).toBe(2);
  expect((await fairlead([...copy, "--quiet", "--verbose", "--metadata-file", file])).code).toBe(2);
  expect(await readFile(file, "utf8")).toBe("{}");
  expect((await fairlead(["image", "digest", `${source.host}/acme/app:nope`, "--metadata-file", file])).code).toBe(4);
  await expect(readFile(file)).rejects.toThrow("ENOENT");
});

test("a folder as --metadata-file is an error before anything is done", async () => {
  const { code, stderr } = await fairlead([...copy, "--metadata-file", folder]);
  expect([code, stderr]).toEqual([2, `fairlead: write ${folder}: it is a folder\nhint: name a file with --metadata-file\n`]);
});

test("--metadata-file replaces a link, and does not write to what it leads to", async () => {
  await writeFile(join(folder, "victim"), "mine");
  await symlink("victim", join(folder, "link.json"));
  expect((await fairlead(["image", "digest", `${source.host}/acme/app:tested`, "--metadata-file", join(folder, "link.json")])).code).toBe(
    0,
  );
  expect(await readFile(join(folder, "victim"), "utf8")).toBe("mine");
  expect(JSON.parse(await readFile(join(folder, "link.json"), "utf8"))).toMatchObject({
    digest: expect.stringContaining("sha256:") as string,
  });
});
