// Writes the sources that are made from the pipelines: `npm run generate`. With `--check` it changes nothing, and fails when one is stale.
// It reads no generated file, so that a missing or broken one can be made anew.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { serverFields } from "../src/module/servers.ts";
import { valueFunctions } from "../src/module/values.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { moduleSource } from "./generate/module.ts";
import { lockSource, packageSource, type Lock } from "./generate/package.ts";
import { resultsSource } from "./generate/results.ts";
import { tableSource } from "./generate/table.ts";
import { variablesSource } from "./generate/variables.ts";

const root = join(import.meta.dirname, "..");
const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  readonly dependencies: Record<string, string>;
};
const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as Lock;

/** By their paths. */
const sources: Readonly<Record<string, () => string>> = {
  "src/package.json": () => packageSource(dependencies),
  "src/package-lock.json": () => lockSource(dependencies, lock),
  "src/pipelines/table.gen.ts": () => tableSource(pipelines),
  "src/cmd/variables.gen.ts": () => variablesSource(),
  "src/src/index.ts": () => moduleSource({ settings: serverFields, values: valueFunctions, pipelines }),
  "src/src/results.gen.ts": () => resultsSource(pipelines),
};

const isCheck = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, make] of Object.entries(sources)) {
  const source = await format(make(), { ...(await resolveConfig(path)), filepath: path });
  if (source === (await readFile(path, "utf8").catch(() => ""))) continue;
  stale.push(path);
  if (!isCheck) await writeFile(path, source);
}
if (isCheck && stale.length > 0) {
  process.stderr.write(`generate: stale: ${stale.join(", ")}\nhint: run npm run generate\n`);
  process.exitCode = 1;
}
