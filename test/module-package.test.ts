import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { join, matchesGlob, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { lockSource, notInModule } from "../scripts/generate/package.ts";

/** Milliseconds: a check of all of src/ takes a minute of a core that nobody else uses. */
const aColdCheck = 400_000;

/** The clients that our code is typed against: the newest, and that of the oldest engine. */
test.each(["@dagger.io/dagger", "dagger-0.19"])(
  "src/ agrees with the types of %s",
  async (client) => {
    const folder = await mkdtemp("node_modules/.types-");
    try {
      const options = {
        paths: { "@dagger.io/dagger": [resolve("node_modules", client, "dist/src/index.d.ts")] },
        typeRoots: [resolve("node_modules/@types")],
        // what has not changed since the last time is not checked again
        incremental: true,
        tsBuildInfoFile: resolve(".cache", `types-${client.replaceAll(/\W+/g, "-")}.tsbuildinfo`),
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
  },
  aColdCheck,
);

/** Returns the files and the packages that the module's class imports, at once or when a function is called. */
async function importedByModule(): Promise<{ readonly files: readonly string[]; readonly packages: readonly string[] }> {
  const { metafile } = await build({
    entryPoints: ["src/src/index.ts"],
    bundle: true,
    write: false,
    metafile: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outdir: "dist",
    splitting: true,
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    plugins: [
      {
        name: "names-of-the-module",
        setup(bundler) {
          bundler.onResolve({ filter: /^#module\// }, ({ path }) => ({ path: resolve("src/module", path.slice("#module/".length)) }));
          bundler.onResolve({ filter: /^#sdk\// }, ({ path }) => ({ path: path.slice("#sdk/".length), external: true }));
        },
      },
    ],
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const packages = imports.filter(({ path, external }) => external === true && /^[@a-z]/.test(path) && !path.startsWith("node:"));
  return { files: Object.keys(metafile.inputs), packages: [...new Set(packages.map(({ path }) => path))].sort() };
}

test("a call is given what the module's class imports, and nothing else that acts", async () => {
  const { source, include } = JSON.parse(await readFile("dagger.json", "utf8")) as { source: string; include: readonly string[] };
  const left = include.map((pattern) => pattern.slice(1));
  const given = globSync(`${source}/**/*.ts`).filter(
    (file) => !left.some((each) => matchesGlob(file, each) || file.startsWith(`${each}/`)),
  );
  const { files } = await importedByModule();
  expect(files.filter((file) => !given.includes(file))).toEqual([]);
  // Types are erased, and so is not imported what has nothing else.
  const acting = await Promise.all(given.map(async (file) => ((await actsAtRunTime(file)) ? [file] : [])));
  expect(acting.flat().filter((file) => !files.includes(file))).toEqual(["src/pipelines/index.ts"]);
});

test("the module has the packages that its code loads in a module, and no other", async () => {
  const { dependencies } = JSON.parse(await readFile("src/package.json", "utf8")) as { dependencies: Record<string, string> };
  const { packages } = await importedByModule();
  const needed = packages.filter((name) => name !== "@dagger.io/dagger" && !notInModule.includes(name));
  expect(Object.keys(dependencies).sort()).toEqual(needed);
});

test("a lock file is the part of ours that the module needs: packages within others, and peers that are not optional", () => {
  const packages = {
    "": {},
    "node_modules/zod": { version: "1" },
    "node_modules/a": {
      dependencies: { b: "^2" },
      peerDependencies: { peer: "1", other: "1" },
      peerDependenciesMeta: { other: { optional: true } },
    },
    "node_modules/a/node_modules/b": { dependencies: { c: "1" } },
    "node_modules/b": { version: "1" },
    "node_modules/c": { version: "1", optionalDependencies: { windows: "1" } },
    "node_modules/other": {},
    "node_modules/peer": {},
    "node_modules/pino": {},
  };
  const made = JSON.parse(lockSource({ a: "^1", pino: "^1" }, { packages })) as { packages: object };
  expect(Object.keys(made.packages)).toEqual([
    "",
    "node_modules/a",
    "node_modules/a/node_modules/b",
    "node_modules/c",
    "node_modules/peer",
  ]);
});

async function actsAtRunTime(file: string): Promise<boolean> {
  return /^export (async )?(function|const|class)/m.test(await readFile(file, "utf8"));
}

async function tsc(...args: readonly string[]): Promise<{ stdout: string }> {
  return await promisify(execFile)(process.execPath, ["node_modules/typescript/bin/tsc", ...args], { maxBuffer: 1 << 26 });
}
