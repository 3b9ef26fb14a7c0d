// How a schema is spelled as a function of the Dagger module.
import type { z } from "zod";
import { describeField, isListKind, sentenceFor, type Field, type Kind } from "../../src/core/run/field.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { fieldMeta } from "../../src/core/run/input.ts";
import { docComment } from "./comment.ts";
import { argumentName, refused } from "./names.ts";

/** An argument of a function. */
export interface Argument {
  readonly name: string;
  readonly sentence: string;
  /** In TypeScript's words. */
  readonly type: string;
  readonly required: boolean;
  readonly default?: Field["default"];
}

/** A function of the module's class. */
export interface FunctionSource {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly Argument[];
  /** The decorator's own arguments. */
  readonly options: string;
  readonly returns: string;
  readonly body: string;
}

/** How each kind of field is spelled. */
const types: Readonly<Record<Kind, string>> = {
  string: "string",
  boolean: "boolean",
  int: "number",
  duration: "string",
  enum: "string",
  list: "string[]",
  "key-values": "string[]",
  secret: "Secret",
  secrets: "Secret[]",
  directory: "Directory",
  image: "string",
  json: "string",
};

/**
 * Returns the arguments that a function has for a schema: one a field, and the names of secrets, which Dagger's command line gives none.
 *
 * @throws FairleadError `input` with the path of a field that no function can have
 */
export function argumentsOf(path: string, schema: z.ZodObject): readonly Argument[] {
  const all = moduleFields(schema).flatMap((field) =>
    field.kind === "secrets" ? [namesOf(field), argumentOf(path, field)] : [argumentOf(path, field)],
  );
  const twice = all.find(({ name }, index) => all.findIndex((each) => each.name === name) < index);
  if (twice !== undefined) throw refused(`${path}.${twice.name}`, "another argument has this name");
  return all;
}

/** Returns the values of the arguments as the schema takes them: the members of an object literal. */
export function valuesOf(schema: z.ZodObject): string {
  return moduleFields(schema)
    .map(({ name, kind }) => (kind === "secrets" ? `${name}: nameSecrets(${nameOfNames(name)}, ${name})` : name))
    .join(", ");
}

function moduleFields(schema: z.ZodObject): readonly Field[] {
  return fieldsOf(schema).filter(({ name }) => fieldMeta(schema.shape[name] as z.ZodType).configured !== true);
}

/** Returns the source of a function. What may be left out comes last, as TypeScript wants it. */
export function functionSource({ name, summary, arguments: given, options, returns, body }: FunctionSource): string {
  const ordered = given.toSorted((a, b) => Number(b.required) - Number(a.required));
  return `${docComment(summary, ordered)}
@func(${options})
async ${name}(${parameters(ordered)}): ${returns} {
  ${body}
}`;
}

/** Returns arguments as a function declares them. */
export function parameters(given: readonly Argument[]): string {
  return given
    .map(({ name, type, required, default: value }) => {
      if (value === undefined) return `${name}${required ? "" : "?"}: ${type}`;
      return Array.isArray(value) ? `${name}: ${type} = ${JSON.stringify(value)}` : `${name} = ${JSON.stringify(value)}`;
    })
    .join(", ");
}

function argumentOf(path: string, field: Field): Argument {
  const { name, kind, required, default: value = isListKind(kind) && !required ? [] : undefined } = field;
  const at = `${path}.${name}`;
  if (kind === "directory" && value !== undefined) throw refused(at, "a Dagger function has no default for a folder");
  // Dagger's help prints the default that the source has
  const sentence = field.byDefault === undefined ? sentenceFor("module", field) : describeField("module", field);
  const argument = { name: argumentName(at, name), sentence, type: types[kind], required };
  return value === undefined ? argument : { ...argument, default: value };
}

function namesOf({ name, required }: Field): Argument {
  const argument = { name: nameOfNames(name), sentence: "name of each secret, in their order", type: "string[]", required };
  return required ? argument : { ...argument, default: [] };
}

function nameOfNames(name: string): string {
  return `${name.replace(/s$/, "")}Names`;
}
