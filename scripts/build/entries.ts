// The files of the bundle that are loaded first. An old Node cannot parse the others, so that these check its version before they load any.
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** The folder of the bundle that holds the code of these entries. */
export const bodies = "main";

/** The programs that the listener starts. */
const programs = ["worker-process", "run-process", "report-process"];

/** The library throws, as the process is its user's. It stays one that `require` can load: it awaits nothing. */
const libraryEntry = (names: readonly string[]): string => `import { createRequire } from "node:module";
import { nodeProblem } from "./node-version.js";
if (nodeProblem !== undefined) {
  const problem = new Error(nodeProblem);
  problem.stack = nodeProblem;
  throw problem;
}
const library = createRequire(import.meta.url)("./${bodies}/library.js");
export const { ${names.join(", ")} } = library;
`;

/** Writes the entries into the folder of a bundle, whose library exports these names. */
export async function writeEntries(root: string, outdir: string, names: readonly string[]): Promise<void> {
  const first = ["fairlead", "check-node", "compile-cache", "node-version"];
  await build({
    entryPoints: first.map((name) => join(root, `bin/${name}.ts`)),
    outdir,
    format: "esm",
    platform: "node",
    target: "es2022", // what Node 20 parses
    supported: { "top-level-await": true },
    logLevel: "warning",
  });
  for (const name of first) await rename(join(outdir, `${name}.js`));
  await writeFile(join(outdir, "library.js"), libraryEntry(names));
  for (const name of programs)
    await writeFile(join(outdir, `${name}.js`), `import "./check-node.js";\nawait import("./${bodies}/${name}.js");\n`);
  await chmod(join(outdir, "fairlead.js"), 0o755);
}

/** Lets a file import what the bundle has for its imports: the files are not bundled, so that each is loaded when its turn comes. */
async function rename(file: string): Promise<void> {
  const source = await readFile(file, "utf8");
  const cached = source.replace('import "./check-node.ts";', 'import "./check-node.ts";\nimport "./compile-cache.ts";');
  await writeFile(file, cached.replace('"./cli.ts"', `"./${bodies}/cli.js"`).replace(/"\.\/([\w-]+)\.ts"/g, '"./$1.js"'));
}
