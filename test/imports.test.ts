import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** What receivers share: how a sender proves itself, and how what it says is read. */
const sharedByReceivers = [
  ...["github-hook", "github-payload", "google-token", "happening", "headers", "json", "parsed", "proof", "purl", "receiver", "refs"],
  ...["sns", "standard-webhooks"],
].map((name) => `webhook/${name}.ts`);

/** Who may import whom: the table of ARCHITECTURE.md. The first line that fits a file is its rule; paths are prefixes, packages are names. */
const table: readonly (readonly [file: RegExp, allowed: readonly string[]])[] = [
  [/^bin\//, ["src/cmd/", "webhook/commands.ts", "node:"]],
  [
    /^src\/(index|module(-[a-z]+)?)\.ts$/,
    ["src/module", "src/pipelines/", "src/wire.ts", "src/config.ts", "src/core/", "src/dagger/", "@dagger.io/dagger", "zod"],
  ],
  [
    /^src\/cmd\//,
    [
      "src/cmd/",
      "src/pipelines/",
      "src/wire.ts",
      "src/config.ts",
      "src/secrets.ts",
      "src/folder.ts",
      "src/doctor/",
      "src/core/",
      "src/dagger/",
      "zod",
      "node:",
    ],
  ],
  [/^src\/library\.ts$/, ["src/pipelines/", "src/steps/", "src/wire.ts", "src/secrets.ts", "src/core/", "src/dagger/"]],
  [/^src\/pipelines\//, ["src/pipelines/", "src/dagger/clone.ts", "src/dagger/image.ts", "src/steps/", "src/core/", "zod", "node:crypto"]],
  [/^src\/dagger\/session\.ts$/, ["src/dagger/", "src/core/", "@dagger.io/dagger", "node:"]],
  [/^src\/dagger\/(build-log|connect|docker|environment|failure|native)/, ["src/dagger/", "src/core/", "type @dagger.io/dagger", "node:"]],
  [/^src\/dagger\//, ["src/dagger/clone.ts", "src/dagger/given-folder.ts", "src/core/", "type @dagger.io/dagger"]],
  [/^src\/steps\/push\.ts$/, ["src/core/", "type @dagger.io/dagger"]],
  [/^src\/steps\//, ["src/core/", "node:crypto"]],
  [
    /^src\/wire\.ts$/,
    [
      "src/registries/index.ts",
      "src/registries/oci.ts",
      "src/registries/docker-config.ts",
      "src/git-providers/index.ts",
      "src/notifiers/index.ts",
      "src/git.ts",
      "src/provider-git.ts",
      "src/secrets.ts",
      "src/dagger/connect.ts",
      "src/core/",
      "node:",
    ],
  ],
  [/^src\/(registries|git-providers|notifiers)\/index\.ts$/, ["same folder", "src/core/"]],
  [/^src\/registries\/(oci|docker-config)/, ["own files", "src/core/", "zod", "node:"]],
  [/^src\/registries\/ecr/, ["own files", "src/core/", "#sdk/@aws-sdk/client-", "zod", "node:"]],
  [/^src\/registries\//, ["own files", "src/core/"]],
  [/^src\/git-providers\//, ["own files", "src/core/", "#sdk/@octokit/rest", "node:timers/promises"]],
  [/^src\/notifiers\//, ["own files", "src/core/", "#sdk/@slack/web-api", "node:timers/promises"]],
  [/^src\/provider-git\.ts$/, ["src/core/"]],
  [/^src\/git(\.ts|\/)/, ["src/git/", "src/core/", "#sdk/simple-git", "node:"]],
  [/^src\/(secrets|folder)\.ts$/, ["src/core/", "node:"]],
  [/^src\/config(\.ts|\/)/, ["src/config/", "src/core/", "zod", "yaml"]],
  [/^src\/doctor\//, ["src/doctor/", "src/core/"]],
  [/^src\/core\/(ports|build|input)\.ts$/, ["src/core/", "zod", "node:crypto", "type @dagger.io/dagger"]],
  [/^src\/core\//, ["src/core/", "zod", "yaml", "semver", "diff", "node:crypto"]],
  [/^webhook\/store\.ts$/, ["src/core/"]],
  [/^webhook\/stores\/index\.ts$/, ["same folder", "webhook/store.ts", "src/core/"]],
  [/^webhook\/stores\//, ["own files", "webhook/store.ts", "src/core/", "node:"]],
  [/^webhook\/receivers\/index\.ts$/, ["same folder", "webhook/receiver.ts"]],
  [/^webhook\/receivers\//, [...sharedByReceivers, "src/core/", "zod"]],
  [new RegExp(`^(${sharedByReceivers.join("|")})$`), [...sharedByReceivers, "src/core/", "type zod", "node:crypto"]],
  [
    /^webhook\/(commands\.ts|cmd\/)/,
    ["webhook/", "src/cmd/", "src/pipelines/", "src/wire.ts", "src/config", "src/secrets.ts", "src/core/", "zod", "node:"],
  ],
  [
    /^webhook\//,
    [
      "webhook/",
      "src/pipelines/",
      "src/wire.ts",
      "src/config",
      "src/secrets.ts",
      "src/cmd/flag",
      "src/core/",
      "src/dagger/",
      "zod",
      "yaml",
      "pino",
      "node:",
    ],
  ],
];

/**
 * SDKs are loaded when they are needed: at the top of a file there is at most their types. But for Dagger's own they are called `#sdk/NAME`
 * (package.json), which Node, TypeScript and esbuild follow and Dagger's scanner does not: it would parse their 14 MB of types at every `dagger call`.
 */
const lazy = ["@dagger.io/dagger", "#sdk/"];

interface Import {
  readonly file: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  const statics = [...text.matchAll(/^(import|export)\s+(type\s+)?([^;]*?\sfrom\s+)?"([^"]+)"/gms)].map(([, , type, names, to]) => {
    const onlyTypes = type !== undefined || /^\{(\s*type\s[^,}]+,?)+\s*\}\s*from\s*$/.test(names ?? "");
    return { file, to: resolve(file, to!), typeOnly: onlyTypes, dynamic: false };
  });
  const dynamics = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, to]) => ({
    file,
    to: resolve(file, to!),
    typeOnly: false,
    dynamic: true,
  }));
  return [...statics, ...dynamics];
}

function resolve(file: string, to: string): string {
  return to.startsWith(".") ? normalize(join(dirname(file), to)) : to;
}

/** An adapter is a file and the folder of the same name, which no other may reach into: `src/notifiers/slack` of both. */
function adapterOf(file: string): string {
  return file.replace(/\.ts$/, "").split("/").slice(0, 3).join("/");
}

function isAllowed({ file, to, typeOnly }: Import): boolean {
  const allowed = table.find(([files]) => files.test(file))?.[1] ?? [];
  return allowed.some((prefix) => {
    if (prefix === "same folder") return dirname(to) === dirname(file);
    if (prefix === "own files") return to.startsWith(`${adapterOf(file)}/`);
    return prefix.startsWith("type ") ? typeOnly && to === prefix.slice(5) : to.startsWith(prefix);
  });
}

const all = globSync(["bin/**/*.ts", "src/**/*.ts", "webhook/**/*.ts"]).flatMap(importsOf);

test("nobody imports what the table does not allow", () => {
  const forbidden = all.filter((each) => !isAllowed(each)).map(({ file, to }) => `${file} → ${to}`);
  expect(forbidden).toEqual([]);
});

test("no files import each other in a circle, not even for their types", () => {
  expect(circles(all).map((way) => way.join(" → "))).toEqual([]);
});

test("a circle is told by its way", () => {
  const edge = (file: string, to: string): Import => ({ file, to, typeOnly: true, dynamic: false });
  expect(circles([edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d"), edge("e", "e")])).toEqual([
    ["a", "b", "c", "a"],
    ["e", "e"],
  ]);
});

/** Returns the circles, each as the way through its files that ends where it begins. */
function circles(imports: readonly Import[]): readonly (readonly string[])[] {
  const next = Map.groupBy(imports, ({ file }) => file);
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) found.push([...way.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const to of new Set(next.get(file)?.map((each) => each.to))) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

test("the SDKs are loaded lazily, by the one adapter that owns each", () => {
  const eager = all.filter(
    ({ file, to, typeOnly, dynamic }) => file !== "src/index.ts" && !typeOnly && !dynamic && lazy.some((name) => to.startsWith(name)),
  );
  expect(eager.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test("nobody imports src/index.ts, where Node stops at the decorators", () => {
  expect(all.filter(({ to }) => to === "src/index.ts")).toEqual([]);
});

test("no class under src/ bears the name of one of Dagger's types", () => {
  const client = readFileSync("node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts", "utf8");
  const taken = new Set([...client.matchAll(/^export (?:declare )?(?:class|enum) (\w+)/gm)].map(([, name]) => name));
  const classes = globSync("src/**/*.ts").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)].map(([, name]) => ({ file, name })),
  );
  expect(taken.size).toBeGreaterThan(30);
  expect(classes.filter(({ name }) => taken.has(name))).toEqual([]);
});
