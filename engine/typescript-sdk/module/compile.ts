// Compiles the files of a module, and those of its folder that they import, before its first call: compile.ts FOLDER TSCONFIG. One with a mistake is
// left: the call will tell it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { build, transform, type Plugin } from "esbuild";
import { keptPlace } from "./compiled.ts";
import { listFiles } from "./files.ts";

/** A name of the module's own for a package is no file of the module. */
const packages: Plugin = {
  name: "packages",
  setup(bundler) {
    bundler.onResolve({ filter: /^#/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === "asked") return undefined;
      const found = await bundler.resolve(path, { ...from, pluginData: "asked" });
      return found.path.includes("/node_modules/") ? { path, external: true } : found;
    });
  },
};

const [folder = "", tsconfig = ""] = process.argv.slice(2);
const tsconfigRaw = await readFile(tsconfig, "utf8");
const own = await listFiles(folder);
await Promise.allSettled((await findImported(own)).map(compile));

/** Makes of a file what tsx would make of it at each call. */
async function compile(file: string): Promise<void> {
  const { code } = await transform(await readFile(file, "utf8"), {
    ...{ loader: "ts", format: "esm", target: `node${process.versions.node}`, keepNames: true, tsconfigRaw },
    ...{ sourcefile: file, sourcemap: "inline", sourcesContent: false },
  });
  await mkdir(dirname(keptPlace(file)), { recursive: true });
  await writeFile(keptPlace(file), code);
}

/** Returns the files and all TypeScript of the module's folder that they import, at once or later. */
async function findImported(files: readonly string[]): Promise<readonly string[]> {
  const options = { bundle: true, write: false, outdir: "/", format: "esm", platform: "node", packages: "external", tsconfigRaw } as const;
  const built = await build({ ...options, entryPoints: [...files], absWorkingDir: folder, metafile: true, logLevel: "silent", plugins: [packages] }).catch(
    () => undefined,
  );
  const found = Object.keys(built?.metafile.inputs ?? {}).map((path) => resolve(folder, path));
  return [...new Set([...files, ...found.filter((path) => /\.m?ts$/.test(path))])];
}
