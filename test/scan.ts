/** Reads a module's source as Dagger does at every call, by the same code. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Argument } from "../scripts/generate/function.ts";

interface Type {
  readonly kind: string;
  readonly name?: string;
  readonly typeDef?: Type;
}

interface ScannedArgument {
  readonly name: string;
  readonly description: string;
  readonly type: Type;
  readonly isOptional: boolean;
  readonly defaultValue?: unknown;
}

/** A function of a class. */
export interface ScannedFunction {
  readonly description: string;
  readonly cache?: string;
  readonly arguments: Readonly<Record<string, ScannedArgument>>;
  readonly returnType: Type;
}

/** A class, or a type of an object. */
export interface ScannedObject {
  readonly description: string;
  readonly _constructor?: Pick<ScannedFunction, "arguments">;
  readonly methods: Readonly<Record<string, ScannedFunction>>;
  readonly properties: Readonly<Record<string, { readonly description: string }>>;
}

/** A module. */
export interface Scanned {
  readonly description: string;
  readonly objects: Readonly<Record<string, ScannedObject>>;
}

/** Returns what Dagger reads of the files of a module whose class is `Fairlead`. */
export async function scan(files: readonly string[]): Promise<Scanned> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-scan-"));
  try {
    const client = join(folder, "client.gen.ts");
    await copyFile("node_modules/@dagger.io/dagger/dist/src/api/client.gen.d.ts", client);
    const introspector = "../node_modules/@dagger.io/dagger/dist/src/module/introspector/index.js";
    const sdk = (await import(introspector)) as { scan(files: string[], name: string, load: boolean): Promise<Scanned> };
    return await sdk.scan([...files, client], "fairlead", false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the arguments that Dagger has read as the generator's, by name. */
export function argumentsIn({ arguments: given }: Pick<ScannedFunction, "arguments">): readonly Argument[] {
  return byName(
    Object.values(given).map(({ name, description, type, isOptional, defaultValue }) => ({
      name,
      sentence: description,
      type: typeName(type),
      required: !isOptional && defaultValue === undefined,
      ...(defaultValue === undefined ? {} : { default: defaultValue as NonNullable<Argument["default"]> }),
    })),
  );
}

/** Returns arguments in the order of their names. */
export function byName(given: readonly Argument[]): readonly Argument[] {
  return given.toSorted((a, b) => a.name.localeCompare(b.name));
}

function typeName({ kind, name, typeDef }: Type): string {
  if (typeDef !== undefined) return `${typeName(typeDef)}[]`;
  const plain = name ?? kind.replace("_KIND", "").toLowerCase();
  return plain === "integer" ? "number" : plain;
}
