import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** A row of the table of ARCHITECTURE.md: the paths of its files, and what they may import. */
interface Rule {
  readonly files: readonly string[];
  readonly allowed: readonly string[];
}

const sameFolder = "the same folder";
const ownFiles = "its own files";

/** The rules of the table in ARCHITECTURE.md. */
const rules = readRules(readFileSync("ARCHITECTURE.md", "utf8"));

function readRules(text: string): readonly Rule[] {
  const [, section = ""] = /^## Who may import whom\n(.*?)^## /ms.exec(text) ?? [];
  const code = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  return [...section.matchAll(/^\| (`.*?) +\| (.*) \|$/gm)].map(([, files, allowed]) => ({
    files: code(files!),
    allowed: [...code(allowed!), ...[sameFolder, ownFiles].filter((words) => allowed!.includes(words))],
  }));
}

/**
 * SDKs are loaded when they are needed: at the top of a file only their types may be imported.
 * All but Dagger's own are called `#sdk/NAME` (package.json). Node, TypeScript and esbuild follow that name; Dagger's
 * scanner does not, which would parse their 14 MB of types at every `dagger call`.
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

/** Returns the adapter of a file, which no other may reach into: `src/notifiers/slack` for the file and its folder. */
function adapterOf(file: string): string {
  return file.replace(/\.ts$/, "").split("/").slice(0, 3).join("/");
}

function isAllowed({ file, to, typeOnly }: Import): boolean {
  const { allowed } = rules.find(({ files }) => files.some((path) => file.startsWith(path))) ?? { allowed: [] };
  return allowed.some((prefix) => {
    if (prefix === sameFolder) return dirname(to) === dirname(file);
    if (prefix === ownFiles) return to.startsWith(`${adapterOf(file)}/`);
    return prefix.startsWith("type ") ? typeOnly && to === prefix.slice(5) : to.startsWith(prefix);
  });
}

const all = globSync(["bin/**/*.ts", "src/**/*.ts", "webhook/**/*.ts"]).flatMap(importsOf);

test("each row of the import table is about existing files", () => {
  const files = globSync(["bin/**/*.ts", "src/**/*.ts", "webhook/**/*.ts"]);
  expect(rules.length).toBeGreaterThan(20);
  expect(rules.flatMap((rule) => rule.files).filter((path) => !files.some((file) => file.startsWith(path)))).toEqual([]);
});

test("every import is allowed by the table", () => {
  const forbidden = all.filter((each) => !isAllowed(each)).map(({ file, to }) => `${file} → ${to}`);
  expect(forbidden).toEqual([]);
});

test("no files import each other in a circle, not even for types", () => {
  expect(circles(all).map((way) => way.join(" → "))).toEqual([]);
});

test("a circle is reported by its path", () => {
  const edge = (file: string, to: string): Import => ({ file, to, typeOnly: true, dynamic: false });
  expect(circles([edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d"), edge("e", "e")])).toEqual([
    ["a", "b", "c", "a"],
    ["e", "e"],
  ]);
});

/** Returns the circles: each is the list of files on the way, which ends where it begins. */
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
    ({ file, to, typeOnly, dynamic }) => file !== "src/src/index.ts" && !typeOnly && !dynamic && lazy.some((name) => to.startsWith(name)),
  );
  expect(eager.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test("nobody imports src/src/index.ts, where Node stops at the decorators", () => {
  expect(all.filter(({ to }) => to === "src/src/index.ts")).toEqual([]);
});

test("no class and no generated type under src/ bears the name of one of Dagger's types", () => {
  const client = readFileSync("node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts", "utf8");
  const taken = new Set([...client.matchAll(/^export (?:declare )?(?:class|enum) (\w+)/gm)].map(([, name]) => name));
  const [handmade, generated] = [/^(?:export )?(?:abstract )?class (\w+)/gm, /^export type (\w+)/gm];
  const classes = globSync("src/**/*.ts").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(file.endsWith(".gen.ts") ? generated : handmade)].map(([, name]) => ({ file, name })),
  );
  expect(taken.size).toBeGreaterThan(30);
  expect(classes.filter(({ name }) => taken.has(name))).toEqual([]);
});
