// How the output of a pipeline is spelled as types of the Dagger module: their comments are what `dagger call --help` says.
import { z } from "zod";
import { bare } from "../../src/core/run/output.ts";
import { isUnspelled, objectField } from "../../src/module/spelling.ts";
import { generatedLine, lineComment } from "./comment.ts";
import { capitalized, functionName, identifier, refused } from "./names.ts";

/** A type that is to be written: a result, or an object within one. */
interface Named {
  readonly name: string;
  readonly path: string;
  readonly schema: z.ZodObject;
  readonly isResult: boolean;
}

/** By the definition, which an object has in common with what `describe` makes of it. */
type Names = ReadonlyMap<unknown, Named>;

/** Returns the name of the type of a pipeline's result: `CreateRepositoryOutcome`. */
export function resultName(pipeline: string): string {
  return `${capitalized(functionName(pipeline))}Outcome`;
}

/**
 * Returns the types of all results. An object within a result is named by its path (`DeployOutcomeChange`); the result of another pipeline keeps its own name.
 *
 * @throws FairleadError `input` with the path of a field that Dagger cannot have
 */
export function resultsSource(pipelines: readonly { readonly name: string; readonly output: z.ZodType }[]): string {
  const named = new Map<unknown, Named>();
  for (const { name, output } of pipelines) {
    if (!(output instanceof z.ZodObject)) throw refused(`${name}.output`, "a result is an object");
    named.set(output.def, { name: resultName(name), path: `${name}.output`, schema: output, isResult: true });
  }
  for (const outer of named.values()) for (const inner of objectsIn(outer)) addTo(named, inner); // those that are added are come to as well
  return [generatedLine, ...named.values().map((each) => typeSource(each, named))].join("\n\n");
}

/** Throws for two types of one name. */
function addTo(named: Map<unknown, Named>, type: Named): void {
  if (named.has(type.schema.def)) return;
  const twin = named.values().find(({ name }) => name === type.name);
  if (twin !== undefined) throw refused(type.path, `its type would be ${type.name}, as that of ${twin.path}`);
  named.set(type.schema.def, type);
}

function objectsIn({ name: outer, path, schema }: Named): readonly Named[] {
  return Object.entries(schema.shape).flatMap(([field, type]) => {
    const inner = elementOf(type as z.ZodType);
    const name = `${outer}${capitalized(inner === bare(type as z.ZodType) ? field : field.replace(/s$/, ""))}`;
    return inner instanceof z.ZodObject ? [{ name, path: `${path}.${field}`, schema: inner, isResult: false }] : [];
  });
}

function elementOf(type: z.ZodType): z.ZodType {
  const inner = bare(type);
  return inner instanceof z.ZodArray ? elementOf(inner.element as z.ZodType) : inner;
}

function typeSource({ name, path, schema, isResult }: Named, names: Names): string {
  const fields = Object.entries(schema.shape).flatMap(([field, type]) => fieldSource(`${path}.${field}`, field, type as z.ZodType, names));
  return [lineComment(schema.description ?? name), `export type ${name} = {`, ...fields, ...(isResult ? ofEveryResult : []), "};"].join(
    "\n",
  );
}

const ofEveryResult = [
  lineComment("all of the result, as the command line's --json prints it; not within another result"),
  "json?: string;",
  lineComment("plan of a dry run, as text"),
  "plan?: string;",
];

function fieldSource(path: string, field: string, type: z.ZodType, names: Names): readonly string[] {
  if (isUnspelled(type)) return [];
  const inner = bare(type);
  const name = identifier(path, objectField(path, field, type));
  return [lineComment(type.description ?? inner.description ?? ""), `${name}${inner === type ? "" : "?"}: ${typeOf(path, inner, names)};`];
}

function typeOf(path: string, type: z.ZodType, names: Names): string {
  if (type instanceof z.ZodString || type instanceof z.ZodTemplateLiteral || type instanceof z.ZodEnum) return "string";
  if (type instanceof z.ZodBoolean) return "boolean";
  if (type instanceof z.ZodNumber && type.isInt) return "number";
  if (type instanceof z.ZodArray) return `${typeOf(`${path}[]`, type.element as z.ZodType, names)}[]`;
  const object = names.get(type.def)?.name;
  if (object !== undefined) return object;
  throw refused(path, `Dagger has no type for ${type instanceof z.ZodNumber ? "a number that need not be whole" : `z.${type.def.type}()`}`);
}
