import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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
