import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { join, matchesGlob, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** The clients that our code is typed against: the newest, and that of the oldest engine. */
test.each(["@dagger.io/dagger", "dagger-0.19"])("src/ agrees with the types of %s", async (client) => {
  const folder = await mkdtemp("node_modules/.types-");
  try {
    const options = {
      paths: { "@dagger.io/dagger": [resolve("node_modules", client, "dist/src/index.d.ts")] },
      typeRoots: [resolve("node_modules/@types")],
    };
    const config = { extends: resolve("tsconfig.json"), compilerOptions: options, include: [resolve("src")], exclude: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const { stdout } = await tsc("--project", folder, "--listFiles").catch((error: { stdout: string }) => error);
    const lines = stdout.split("\n");
    expect(lines.filter((line) => line.includes(": error "))).toEqual([]);
    expect(lines).toContain(resolve("node_modules", client, "dist/src/api/client.gen.d.ts"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a call is given what the module's class imports, and nothing else that acts", async () => {
  const { include } = JSON.parse(await readFile("dagger.json", "utf8")) as { readonly include: readonly string[] };
  const left = include.map((pattern) => pattern.slice(1));
  const given = globSync("src/**/*.ts").filter((file) => !left.some((each) => matchesGlob(file, each) || file.startsWith(`${each}/`)));
  const { metafile } = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    write: false,
    metafile: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outdir: "dist",
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  const imported = Object.keys(metafile.inputs);
  expect(imported.filter((file) => !given.includes(file))).toEqual([]);
  // Types are erased, and so is not imported what has nothing else.
  const acting = await Promise.all(given.map(async (file) => ((await actsAtRunTime(file)) ? [file] : [])));
  expect(acting.flat().filter((file) => !imported.includes(file))).toEqual(["src/pipelines/index.ts"]);
});

async function actsAtRunTime(file: string): Promise<boolean> {
  return /^export (async )?(function|const|class)/m.test(await readFile(file, "utf8"));
}

async function tsc(...args: readonly string[]): Promise<{ stdout: string }> {
  return await promisify(execFile)(process.execPath, ["node_modules/typescript/bin/tsc", ...args], { maxBuffer: 1 << 26 });
}
