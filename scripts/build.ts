/** Bundles the command line and the library into dist/, or the folder that is named. Run by `npm run build`. */
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { bodies, writeEntries } from "./build/entries.ts";

/**
 * The SDK is 1300 files to load, which takes longer than a cached build: as one it takes a third. What it has for code within Dagger modules
 * is left out, as it loads TypeScript's compiler, and the command line is no module.
 */
const withoutModuleRuntime: Plugin = {
  name: "without-module-runtime",
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]@dagger\.io[/\\]dagger[/\\].*[/\\]entrypoint\.js$/ }, () => ({
      contents: "export const entrypoint = undefined;",
    }));
  },
};

/** The other SDKs stay packages, which are installed beside the bundle: `#sdk/NAME` is theirs within this repository alone (package.json). */
const packagesBeside: Plugin = {
  name: "packages-beside",
  setup(bundler) {
    bundler.onResolve({ filter: /^#sdk\// }, ({ path }) => ({ path: path.replace("#sdk/", ""), external: true }));
  },
};

/** What CommonJS has and an ES module lacks: the SDK's dependencies ask for it. */
const commonJs = `import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

const root = join(import.meta.dirname, "..");
const outdir = resolve(process.argv[2] ?? join(root, "dist"));

await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    [`${bodies}/cli`]: "bin/cli.ts",
    [`${bodies}/library`]: "src/library.ts",
    [`${bodies}/worker-process`]: "webhook/worker-process.ts",
    [`${bodies}/run-process`]: "webhook/run-process.ts",
    [`${bodies}/report-process`]: "webhook/report-process.ts",
  },
  metafile: true,
  absWorkingDir: root,
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  supported: { using: true },
  minifySyntax: true,
  minifyWhitespace: true,
  chunkNames: "chunks/[name]-[hash]",
  external: ["@aws-sdk/*", "@octokit/*", "@slack/web-api", "pino"],
  // what yaml has for Node is CommonJS, which calls require: the same sources as ES modules are its browser entry
  alias: { yaml: "./node_modules/yaml/browser/index.js" },
  banner: { js: commonJs },
  plugins: [packagesBeside, withoutModuleRuntime],
  legalComments: "linked",
  logLevel: "warning",
});
const library = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === "src/library.ts");
await writeEntries(root, outdir, library?.exports ?? []);
