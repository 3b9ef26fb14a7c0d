/** Attacks by whoever may write to the Flux repository, or to a folder that `set-image` edits. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asFairleadError } from "../../src/core/errors.ts";
import { parseImage } from "../../src/core/image/image.ts";
import { editImage } from "../../src/core/deploy/manifest/edit-image.ts";
import { proveFiles } from "../../src/core/deploy/manifest/prove-files.ts";
import { unifiedDiff } from "../../src/core/text/diff.ts";
import { fairlead, startFairlead } from "../cli.ts";
import { textTree } from "../core/deploy/manifest/trees.ts";
import { startFlux, startImages, type Flux } from "../pipelines/flux.ts";
import type { Registry } from "../doubles/registry.ts";

const image = parseImage("ghcr.io/acme/app:2.0");
/** Eight lines: between two changed ones are as many as make two hunks. */
const pod = "---\nkind: Pod\nmetadata:\n  name: app\nspec:\n  containers:\n    - name: app\n      image: ghcr.io/acme/app:1.0\n";

/** The outcome of an edit of one file, and how often the process could do other work meanwhile. */
async function attack(text: string, tag = "2.0"): Promise<{ code: string | undefined; places: number; breaths: number; warnings: number }> {
  let breaths = 0;
  const breathe = (): Promise<void> => Promise.resolve(void breaths++);
  try {
    const { changes, warnings } = await editImage(textTree({ "a.yaml": text }), { ...image, tag }, { breathe });
    return { code: undefined, places: changes.length, breaths, warnings: warnings.length };
  } catch (error) {
    return { code: asFairleadError(error).code, places: 0, breaths, warnings: 0 };
  }
}

describe("attack 18: a file of thousands of documents, all of which change", () => {
  const edit = async (documents: number) => {
    let breaths = 0;
    const breathe = (): Promise<void> => Promise.resolve(void breaths++);
    const { files, before, splices, changes } = await editImage(textTree({ "a.yaml": pod.repeat(documents) }), image, { breathe });
    await proveFiles(before, files, [image], breathe);
    return { places: changes.length, hunks: unifiedDiff(before, files, splices).split("\n@@ ").length - 1, breaths };
  };

  test("attack 18: twice as many changed documents make twice as many hunks and breaths", async () => {
    const [some, twice] = [await edit(1_000), await edit(2_000)];
    expect(some).toMatchObject({ places: 1_000, hunks: 1_000 });
    expect(twice).toMatchObject({ places: 2_000, hunks: 2_000 });
    expect(twice.breaths / some.breaths).toBeGreaterThan(1.8);
    expect(twice.breaths / some.breaths).toBeLessThan(2.2);
  });

  test("attack 18: 20,000 changed documents are refused, and nothing is changed", async () => {
    const documents = "---\nimage: ghcr.io/acme/app:1.0\n".repeat(20_000);
    const error = asFairleadError(await editImage(textTree({ "a.yaml": documents }), image).catch((thrown: unknown) => thrown));
    expect({ code: error.code, message: error.message, hint: error.hint }).toEqual({
      code: "unsupported",
      message: "set ghcr.io/acme/app:2.0: 20000 places have it, and one change may have 10000",
      hint: "name a folder or an object that has less, one after the other",
    });
  });

  test("attack 18: an edit that is stopped ends at its next breath", async () => {
    const stop = new AbortController();
    let breaths = 0;
    const breathe = async (): Promise<void> => {
      if (++breaths === 3) stop.abort(new Error("stopped"));
      await Promise.resolve();
      stop.signal.throwIfAborted();
    };
    await expect(editImage(textTree({ "a.yaml": pod.repeat(2_500) }), image, { breathe })).rejects.toThrow("stopped");
    expect(breaths).toBe(3);
  });
});

describe("attacks on a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fairlead-attack-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("attack 18: SIGTERM ends set-image in the midst of megabytes of manifests", async () => {
    const manifests = pod.replace("acme/app", "acme/other").repeat(10_000).concat(pod);
    for (let file = 0; file < 16; file++) await writeFile(join(folder, `${file}.yaml`), manifests);
    const running = startFairlead(["set-image", "ghcr.io/acme/app:2.0", folder]);
    await expect.poll(() => processorSeconds(running.pid), { timeout: 60_000, interval: 100 }).toBeGreaterThan(2);
    running.stop("SIGTERM");
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: "stopping (press Ctrl-C again to quit at once)\nfairlead: stopped by SIGTERM\nhint: run it again\n",
    });
    expect(await readFile(join(folder, "0.yaml"), "utf8")).toContain("acme/app:1.0");
  });

  test("attack 54: set-image follows no link, neither to a file, a folder, the root, nor itself", async () => {
    const outside = await mkdtemp(join(tmpdir(), "fairlead-outside-"));
    await writeFile(join(outside, "pod.yaml"), pod);
    await writeFile(join(folder, "pod.yaml"), pod);
    await symlink(join(outside, "pod.yaml"), join(folder, "file.yaml"));
    await symlink(outside, join(folder, "folder"));
    await symlink("/", join(folder, "root"));
    await symlink("loop.yaml", join(folder, "loop.yaml"));
    const { code, stdout } = await fairlead(["set-image", "ghcr.io/acme/app:2.0", folder]);
    expect({ code, stdout, outside: await readFile(join(outside, "pod.yaml"), "utf8") }).toEqual({
      code: 0,
      stdout: "pod.yaml:8: spec.containers[0].image: ghcr.io/acme/app:1.0 → ghcr.io/acme/app:2.0\nchanged 1 place\n",
      outside: pod,
    });
    await rm(outside, { recursive: true });
  });

  test("attack 54: a file of a name that leads out of the folder is not written outside", async () => {
    await mkdir(join(folder, "inside", "...", "x"), { recursive: true });
    await writeFile(join(folder, "inside", "...", "x", "..yaml"), pod);
    await writeFile(join(folder, "inside", "pod.yaml"), pod);
    await fairlead(["set-image", "ghcr.io/acme/app:2.0", join(folder, "inside")]);
    expect(await readdir(folder)).toEqual(["inside"]);
  });
});

/** Returns the processor time that a process has taken, in seconds: utime of proc(5), in ticks of 10 ms. */
async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[11] ?? 0) / 100;
}

describe("attack 35: keys that JavaScript's objects have", () => {
  const hostile = `kind: Pod
metadata: { name: app, __proto__: { polluted: yes } }
__proto__: { image: "ghcr.io/acme/app:1.0", polluted: yes }
constructor: { prototype: { polluted: yes } }
spec: { containers: [{ image: "ghcr.io/acme/app:1.0", toString: x, hasOwnProperty: y }] }
`;

  test("attack 35: a manifest with __proto__ and constructor is edited like any other, and pollutes nothing", async () => {
    const { changes } = await editImage(textTree({ "a.yaml": hostile }), image);
    expect(changes.map(({ path }) => path)).toEqual(["__proto__.image", "spec.containers[0].image"]);
    expect(["polluted" in {}, Object.keys(Object.prototype)]).toEqual([false, []]);
  });
});

describe("attack 36: YAML that is small and means much, or is nested deep", () => {
  const named = "\nimage: ghcr.io/acme/app:1.0\n";
  const lines = (count: number, line: (at: number) => string): string => Array.from({ length: count }, (_, at) => line(at)).join("");

  test.for<readonly [string, string, { code?: string; places?: number }]>([
    [
      "aliases that double nine times",
      `a0: &a0 [x,x]\n${lines(9, (at) => `a${at + 1}: &a${at + 1} [*a${at},*a${at}]\n`)}${named}`,
      { places: 1 },
    ],
    ["an alias of itself", `a: &a [*a]${named}`, { code: "not_found" }],
    ["100,000 levels of brackets", `a: ${"[".repeat(100_000)}${"]".repeat(100_000)}${named}`, { code: "not_found" }],
    [
      "900 levels of brackets around 100,000 values",
      `a: ${"[".repeat(900)}${"x,".repeat(100_000)}${"]".repeat(900)}${named}`,
      { code: "not_found" },
    ],
    ["1,400 levels of blocks", `${lines(1_400, (at) => `${" ".repeat(at)}a:\n`)}${named}`, { code: "not_found" }],
    ["20,000 anchors", `${lines(20_000, (at) => `k${at}: &a${at} x\n`)}${named}`, { places: 1 }],
    [
      "merge keys of merge keys",
      `a0: &a0 {x: 1}\n${lines(2_000, (at) => `a${at + 1}: &a${at + 1}\n  <<: *a${at}\n  k${at}: 1\n`)}${named}`,
      { code: "not_found" },
    ],
    ["a tag of its own", `a: !!js/function "x"${named}`, { places: 1 }],
    ["a lone carriage return", `a: x\rb: y${named}`, { code: "not_found" }],
    ["a line of 900 kB", `a: "${"x".repeat(900_000)}"${named}`, { places: 1 }],
    ["a document of 1.1 MiB", `a: "${"x".repeat(1_150_000)}"${named}`, { code: "not_found" }],
  ])("attack 36: %s is edited in its one place, or left alone", async ([, text, expected]) => {
    const { code, places } = await attack(text);
    expect({ code, places }).toEqual({ code: expected.code, places: expected.places ?? 0 });
  });
});

describe("attacks of our own on the editor", () => {
  test("attack F1: a file of 9 MiB is left alone with a warning, and the rest is edited", async () => {
    const { changes, warnings } = await editImage(textTree({ "a.yaml": pod.repeat(80_000), "b.yaml": pod }), image);
    expect({ files: changes.map(({ file }) => file), warnings }).toEqual({
      files: ["b.yaml"],
      warnings: ["a.yaml: left alone: it is larger than 8 MiB"],
    });
  });

  test("attack F2: more than 32 MiB of manifests that name the image are refused before all are parsed", async () => {
    const big = `${pod}---\n# ${"x".repeat(900_000)}\n`.repeat(7);
    const tree = textTree(Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`${at}.yaml`, big])));
    const error = asFairleadError(await editImage(tree, image).catch((thrown: unknown) => thrown));
    expect([error.code, error.message]).toEqual(["unsupported", "search manifests: more than 32 MiB of them may have the image"]);
  });

  test("attack F3: 5,000 places in one line with a marker of Flux at its end are edited, with one warning for the line", async () => {
    const text = `images: [${'{ image: "ghcr.io/acme/app:1.0" },'.repeat(5_000)}] # {"$imagepolicy": "flux:app"}\n`;
    expect(await attack(text)).toMatchObject({ code: undefined, places: 5_000, warnings: 1 });
  });

  test("attack F4: a name of 900 kB that is almost the image's is not compared letter by letter", async () => {
    const text = `image: ghcr.io/acme/${"x/".repeat(450_000)}app:1.0\n`;
    const error = asFairleadError(await editImage(textTree({ "a.yaml": text }), image).catch((thrown: unknown) => thrown));
    expect([error.code, error.hint]).toEqual(["not_found", "check the spelling of the repository, and the folder"]);
  });

  test("attack F5: 5,000 names that are almost the image's give a hint of three", async () => {
    const text = Array.from({ length: 5_000 }, (_, at) => `---\nimage: ghcr.io/acme${at}/app:1\n`).join("");
    const error = asFairleadError(await editImage(textTree({ "a.yaml": text }), image).catch((thrown: unknown) => thrown));
    expect([error.code, error.hint?.split(", ").length]).toEqual(["not_found", 3]);
  });
});

describe("attack 44: names of files that a terminal or a runner would obey", () => {
  let registry: Registry;
  let flux: Flux;
  const names = ["\nnewline.yaml", "q\r::set-output name=digest::evil.yaml", "\u001b]0;owned\u0007.yaml", "::debug::x.yaml", "-dash.yaml"];
  beforeAll(async () => {
    registry = await startImages();
    const manifest = `kind: Pod\nspec: { containers: [{ image: "${registry.host}/acme/web:1.0.0" }] }\n`;
    flux = await startFlux(registry, { files: Object.fromEntries(names.map((name) => [name, manifest])) });
  });
  afterAll(async () => {
    await flux[Symbol.asyncDispose]();
    await registry.stop();
  });

  test.for([["--dry-run"], ["--direct"]])("attack 44: deploy %s prints no such name at the beginning of a line", async ([flag]) => {
    const { code, stdout, stderr } = await fairlead(
      ["deploy", flux.image("1.1.0"), "--flux-repository", `${flux.github.url}/acme/flux`, flag!],
      { ...flux.env, GITHUB_ACTIONS: "true" },
    );
    const lines = `${stdout}${stderr}`.split(/\r\n|\r|\n/);
    expect(code).toBe(0);
    expect(lines.filter((line) => /^\s*(?:::(?:debug|set-output)|##\[)/.test(line))).toEqual([]);
  });
});
