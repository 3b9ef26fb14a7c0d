import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { fieldMeta, type Kind } from "../src/core/input.ts";
import { pipelines } from "../src/pipelines/index.ts";

/** What Dagger's own introspection says of an argument and a function. */
interface Argument {
  readonly name: string;
  readonly description: string;
  readonly type: { readonly kind: string; readonly name?: string; readonly typeDef?: { readonly kind: string; readonly name?: string } };
  readonly isOptional: boolean;
  readonly defaultValue?: unknown;
}
interface DaggerFunction {
  readonly description: string;
  readonly cache?: string;
  readonly arguments: Readonly<Record<string, Argument>>;
}

let functions: Readonly<Record<string, DaggerFunction>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-module-"));
  const client = join(folder, "client.gen.ts");
  await copyFile("node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts", client);
  const introspector = "../node_modules/@dagger.io/dagger/dist/src/module/introspector/index.js";
  const sdk = (await import(introspector)) as {
    scan(files: string[], name: string, load: boolean): Promise<{ objects: Record<string, { methods: Record<string, DaggerFunction> }> }>;
  };
  functions = (await sdk.scan([...globSync("src/**/*.ts"), client], "fairlead", false)).objects.Fairlead!.methods;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("there is a function for each pipeline, and two that make values", () => {
  expect(Object.keys(functions).sort()).toEqual(["clone", "image", ...pipelines.map(({ name }) => name)].sort());
});

test.each(pipelines)("$name is never cached, and says what its schema says", ({ name, summary, input }) => {
  const { description, cache, arguments: given } = functions[name]!;
  expect({ description, cache }).toEqual({ description: summary, cache: "never" });
  const { dryRun, secretNames, ...rest } = given;
  expect(dryRun).toMatchObject({ type: { kind: "BOOLEAN_KIND" }, defaultValue: false });
  expect(secretNames === undefined).toBe(!("secrets" in input.shape));
  expect(Object.values(rest).map(spelled).sort(byName)).toEqual(
    Object.entries(input.shape)
      .map(([field, type]) => expected(field, type as z.ZodType))
      .sort(byName),
  );
});

test.each(["clone", "image"])("%s makes a value, so Dagger may cache it", (name) => {
  expect(functions[name]!.cache).toBeUndefined();
});

interface Spelled {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: unknown;
}

function spelled({ name, description, type, isOptional, defaultValue }: Argument): Spelled {
  const one = (each: { kind: string; name?: string }) => each.name ?? each.kind.replace("_KIND", "").toLowerCase();
  return {
    name,
    description,
    type: type.typeDef === undefined ? one(type) : `${one(type.typeDef)}[]`,
    required: !isOptional && defaultValue === undefined,
    fallback: defaultValue,
  };
}

/** How each kind of field is spelled in a Dagger function. */
const types: Readonly<Record<Kind, string>> = {
  string: "string",
  boolean: "boolean",
  int: "integer",
  enum: "string",
  list: "string[]",
  "key-values": "string[]",
  secret: "Secret",
  secrets: "Secret[]",
  directory: "Directory",
  image: "string",
};

function expected(name: string, type: z.ZodType): Spelled {
  const { kind = kindOf(type), description = "" } = fieldMeta(type);
  const list = kind === "list" || kind === "key-values" || kind === "secrets";
  const fallback = type instanceof z.ZodDefault ? type.def.defaultValue : undefined;
  return { name, description, type: types[kind], required: !type.safeParse(undefined).success, fallback: list ? [] : fallback };
}

function kindOf(type: z.ZodType): Kind {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) return kindOf(type.def.innerType as z.ZodType);
  if (type instanceof z.ZodBoolean) return "boolean";
  return type instanceof z.ZodArray ? "list" : "string";
}

function byName(a: Spelled, b: Spelled): number {
  return a.name.localeCompare(b.name);
}
