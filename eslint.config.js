import { defineConfig } from "eslint/config";
import * as regexp from "eslint-plugin-regexp";
import tseslint from "typescript-eslint";

/** What only the edges of the program may touch: everything else is given it by a context. */
const impure = [
  { object: "process", property: "env", message: "Read the environment in a door or an adapter." },
  { object: "process", property: "exit", message: "Set process.exitCode in bin." },
  { object: "Date", property: "now", message: "Use ctx.now()." },
];

const onlyGit = "Call Git by src/git/process.ts: its settings refuse what a repository says.";
const callingGit = { selector: "CallExpression[arguments.0.value=/(^|\\u002F)git$/]", message: onlyGit };

/** Text leaves at one place, which makes harmless what others wrote: `printerTo` of src/cmd/print.ts, and the logs of the module and the listener. */
const writing = [
  "MemberExpression[object.name='process'][property.name=/^(stdout|stderr)$/]",
  "CallExpression[callee.property.name='write'][callee.object.name=/^(stdout|stderr)$/]",
  "CallExpression[callee.property.name='write'][callee.object.property.name=/^(stdout|stderr)$/]",
  "CallExpression[callee.name=/^writev?Sync$/][arguments.0.raw=/^[12]$/]",
  "CallExpression[callee.property.name=/^writev?Sync$/][arguments.0.raw=/^[12]$/]",
].map((selector) => ({ selector, message: "Print by printerTo (src/cmd/print.ts), or log by the module's or the listener's log.ts." }));

const printers = ["src/cmd/io.ts", "src/cmd/print.ts", "src/module/log.ts", "webhook/log.ts"];

export default defineConfig(
  { ignores: ["dist/", "sdk/", "node_modules/", "test/fixtures/", ".cache/"] },
  { files: ["**/*.ts"], extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked] },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Types of results are `type`s on purpose: an interface has no index signature, so it is no Json.
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: [
      "src/cmd/**",
      "src/environment.ts",
      "src/http/**",
      "src/network.ts",
      "src/secrets.ts",
      "src/git.ts",
      "src/git/**",
      "src/git-providers/**",
      "src/notifiers/**",
      "src/registries/**",
      "src/dagger/engine/**",
    ],
    rules: { "no-restricted-properties": ["error", ...impure], "no-console": "error", "no-restricted-globals": ["error", "fetch"] },
  },
  {
    files: ["src/**/*.ts", "webhook/**/*.ts", "bin/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", callingGit, ...writing],
      "no-restricted-imports": ["error", { patterns: [{ group: ["*simple-git*", "isomorphic-git*", "nodegit*"], message: onlyGit }] }],
      "no-console": "error",
    },
  },
  { files: ["src/git/process.ts"], rules: { "no-restricted-syntax": ["error", ...writing], "no-restricted-imports": "off" } },
  {
    files: printers,
    rules: { "no-restricted-syntax": ["error", callingGit], "no-console": "off" },
  },
  {
    // Text of others must not cost more time than its length. A sticky expression is tried at one place alone.
    files: ["bin/**/*.ts", "src/**/*.ts", "webhook/**/*.ts"],
    plugins: { regexp },
    rules: {
      "regexp/no-super-linear-backtracking": ["error", { report: "potential" }],
      "regexp/no-super-linear-move": ["error", { report: "potential", ignorePartial: false }],
    },
  },
  { files: ["test/**/*.ts", "bench/**/*.ts"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
);
