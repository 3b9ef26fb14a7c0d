// Bundles the SDK's npm package into the folder that is named, since a module's process loads it at every call: three files take a third of the time
// of thirteen hundred. The generated client stays a file of its own, which each module replaces by the one for its dependencies.
import { cp } from "node:fs/promises";
import { build } from "esbuild";

const from = "node_modules/@dagger.io/dagger";
const to = process.argv[2];

/** What CommonJS has and an ES module lacks: the SDK's dependencies ask for it. */
const commonJs = `import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

const generatedClient = {
  name: "generated-client",
  setup(bundler) {
    bundler.onResolve({ filter: /\/client\.gen\.js$/ }, () => ({ path: "./api/client.gen.js", external: true }));
  },
};

// The declarations, which the scanner reads, and the client of an engine without modules.
const kept = /\.d\.ts$|client\.gen\.js$|package\.json$/;
await cp(from, to, { recursive: true, filter: (path) => !/\.[a-z]+$/.test(path.slice(from.length)) || kept.test(path) });
await build({
  entryPoints: ["index", "common/context", "telemetry/index"].map((name) => ({ in: `${from}/dist/src/${name}.js`, out: name })),
  outdir: `${to}/dist/src`,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minifySyntax: true,
  minifyWhitespace: true,
  external: ["typescript"],
  tsconfigRaw: {},
  banner: { js: commonJs },
  plugins: [generatedClient],
  logLevel: "warning",
});
