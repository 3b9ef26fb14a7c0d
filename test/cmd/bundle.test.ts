import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await run(process.execPath, [join(root, "scripts/build.ts"), join(folder, "dist")]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command line of the bundle or of the source, and returns what it printed. */
async function printed(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  return await run(process.execPath, [program, ...args]).then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    ({ stdout, stderr, code }: { stdout: string; stderr: string; code: number }) => ({ stdout, stderr, code }),
  );
}

test.each([
  [["--help"]],
  [["--version"]],
  [["build", "--help"]],
  [["ship", "--help"]],
  [["build", "--nope"]],
  [["notify", "hello", "--to", "slack:C0123456789", "--field", "no pair"]],
  [["deploy", "Not/An/Image", "--flux-repository", "x"]],
])("the bundle prints what the source prints: fairlead %j", async (args) => {
  const source = await printed(join(root, "bin/fairlead.ts"), args);
  expect(await printed(join(folder, "dist/fairlead.js"), args)).toEqual(source);
  expect(source.stdout + source.stderr).not.toBe("");
});

test("the bundle edits manifests: its YAML library works", async () => {
  await writeFile(
    join(folder, "pod.yaml"),
    "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: acme/app:1}]}\n",
  );
  const { code, stderr } = await printed(join(folder, "dist/fairlead.js"), ["set-image", "acme/app:2", folder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(await readFile(join(folder, "pod.yaml"), "utf8")).toContain("acme/app:2");
});

test("the bundle's library exports what the source's exports", async () => {
  const [bundled, source] = (await Promise.all([import(join(folder, "dist/library.js")), import(join(root, "src/library.ts"))])) as [
    object,
    object,
  ];
  expect(Object.keys(bundled).sort()).toEqual(Object.keys(source).sort());
});

const entries = ["fairlead.js", "worker-process.js", "run-process.js", "report-process.js", "library.js"] as const;

/** Makes Node say that it is another version, before the file that it is to run. */
const pretend = "data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";

test.each(entries)("dist/%s says one line and loads no further code where Node is too old", async (entry) => {
  const lone = await mkdtemp(join(folder, "lone-")); // what needs a newer Node is not even there
  for (const name of [entry, "check-node.js", "compile-cache.js", "node-version.js"])
    await copyFile(join(folder, "dist", name), join(lone, name));
  const program =
    entry === "library.js"
      ? `import(${JSON.stringify(join(lone, entry))}).catch((error) => { console.error(error.message); process.exit(6); })`
      : "";
  const args = program === "" ? [join(lone, entry), "--version"] : ["--eval", program];
  expect(await printed("--import", [pretend, ...args])).toEqual({
    stdout: "",
    stderr: "fairlead needs Node 24 or newer, and this is 20.20.2\n",
    code: 6,
  });
});

test.each([
  ["fairlead.js"],
  ["worker-process.js"],
  ["run-process.js"],
  ["report-process.js"],
  ["library.js"],
  ["check-node.js"],
  ["compile-cache.js"],
  ["node-version.js"],
])("dist/%s is code that Node 20 can load: it parses, and names no export that an old Node lacks", async (name) => {
  const source = await readFile(join(folder, "dist", name), "utf8");
  expect((await transform(source, { target: "node20", minifySyntax: false })).warnings).toEqual([]);
  const named = [...source.matchAll(/import \{ (.*) \} from "node:(.*)"/g)].map(([, names, from]) => `${from}: ${names}`);
  expect(["fs: mkdirSync", "fs: writeSync", "os: tmpdir", "path: join", "module: createRequire"]).toEqual(expect.arrayContaining(named));
});

const systemNode = "/usr/bin/node";
const systemVersion = existsSync(systemNode) ? execFileSync(systemNode, ["--version"], { encoding: "utf8" }).trim().slice(1) : "";

test.skipIf(systemVersion === "" || Number(systemVersion.split(".")[0]) >= 24)(
  "the old Node of this machine prints that one line",
  async () => {
    const outcome = run(systemNode, [join(folder, "dist/fairlead.js"), "--version"]);
    await expect(outcome).rejects.toMatchObject({ code: 6, stderr: `fairlead needs Node 24 or newer, and this is ${systemVersion}\n` });
  },
);

test("the bundle's library is loaded by require as by import", async () => {
  const program = `console.log(require(${JSON.stringify(join(folder, "dist/library.js"))}).formatImage({ registry: "ghcr.io", repository: "acme/app", tag: "1" }))`;
  expect(await printed("--eval", [program])).toEqual({ stdout: "ghcr.io/acme/app:1\n", stderr: "", code: 0 });
});

test.each([["/proc"], ["/nowhere"], ["/dev/null"]])("the bundle starts where its temporary folder is %s", async (tmp) => {
  const outcome = await run(process.execPath, [join(folder, "dist/fairlead.js"), "--version"], { env: { TMPDIR: tmp }, timeout: 20_000 });
  expect(outcome).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: "" });
});
