/** How a schema is spelled as a function of the Dagger module. */
import { z } from "zod";
import { fieldMeta, type Kind } from "../src/core/run/input.ts";

/** An argument of a function, in Dagger's words. */
export interface Spelled {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: unknown;
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
  json: "string",
};

const secretNames = { name: "secretNames", description: "name of each secret, in their order", type: "string[]", fallback: [] };
const dryRun = { name: "dryRun", description: "plan only: touch nothing", type: "boolean", fallback: false };

/** Returns the arguments that a function has for a schema: one a field, and the names of secrets, which Dagger's command line gives none. */
export function argumentsOf(schema: z.ZodObject): readonly Spelled[] {
  return Object.entries(schema.shape).flatMap(([name, type]) => {
    const argument = argumentOf(name, type as z.ZodType);
    return argument.type === "Secret[]" ? [{ ...secretNames, required: false }, argument] : [argument];
  });
}

/** Returns the arguments of a pipeline's function. */
export function pipelineArguments(pipeline: { readonly input: z.ZodObject }): readonly Spelled[] {
  return [...argumentsOf(pipeline.input), { ...dryRun, required: false }];
}

/** Returns a pipeline's function as it should stand in src/index.ts, but for its line breaks: for whoever has to write it. */
export function functionSource(pipeline: { readonly name: string; readonly summary: string; readonly input: z.ZodObject }): string {
  const name = functionName(pipeline.name);
  const all = [...pipelineArguments(pipeline)].sort((a, b) => Number(b.required) - Number(a.required));
  const values = Object.keys(pipeline.input.shape).map((field) =>
    field === "secrets" ? "secrets: nameSecrets(secretNames, secrets)" : field,
  );
  return `
  /**
   * ${pipeline.summary}
${all.map((each) => `   * @param ${each.name} ${each.description}`).join("\n")}
   */
  @func({ cache: "never" })
  async ${name}(${all.map(declaration).join(", ")}): Promise<${name.charAt(0).toUpperCase()}${name.slice(1)}Outcome> {
    return await run(${name}, this, dryRun, { ${values.join(", ")} });
  }
`;
}

/** Returns the name of a pipeline's function: `createRepository` for `create-repository`. */
export function functionName(pipeline: string): string {
  return pipeline.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function declaration({ name, type, required, fallback }: Spelled): string {
  const spelled = type === "integer" ? "number" : type;
  if (type.endsWith("[]") && !required) return `${name}: ${spelled} = []`;
  return fallback === undefined ? `${name}${required ? "" : "?"}: ${spelled}` : `${name} = ${JSON.stringify(fallback)}`;
}

function argumentOf(name: string, type: z.ZodType): Spelled {
  const { kind = kindOf(type), description = "" } = fieldMeta(type);
  const list = kind === "list" || kind === "key-values" || kind === "secrets";
  const fallback = type instanceof z.ZodDefault ? type.def.defaultValue : undefined;
  const required = !type.safeParse(undefined).success;
  return { name, description, type: types[kind], required, fallback: list && !required ? [] : fallback };
}

function kindOf(type: z.ZodType): Kind {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) return kindOf(type.def.innerType as z.ZodType);
  if (type instanceof z.ZodBoolean) return "boolean";
  if (type instanceof z.ZodNumber) return "int";
  return type instanceof z.ZodArray ? "list" : "string";
}
