// The class of the Dagger module: Dagger reads its source, so that it cannot be made when it is loaded.
import type { z } from "zod";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { docComment, generatedLine } from "./comment.ts";
import { argumentsOf, functionSource, parameters, valuesOf, type Argument, type FunctionSource } from "./function.ts";
import { functionName, identifier, refused } from "./names.ts";
import { resultName } from "./results.ts";

/** A function that makes a value of Dagger's, which other functions go on with. */
export interface ValueFunction {
  readonly name: string;
  readonly summary: string;
  readonly input: z.ZodObject;
  readonly returns: "Promise<Container>" | "Promise<Directory>";
  /** The function of src/module/functions.ts that does it. */
  readonly does: string;
  /** The argument of its decorator; empty for one that Dagger may cache. */
  readonly options: string;
}

/** What the module is made of. */
export interface ModuleParts {
  /** The arguments of the constructor. */
  readonly settings: z.ZodObject;
  readonly values: readonly ValueFunction[];
  readonly pipelines: readonly { readonly name: string; readonly summary: string; readonly input: z.ZodObject }[];
}

const dryRun: Argument = {
  name: "dryRun",
  sentence: "return the plan, and change nothing",
  type: "boolean",
  required: false,
  default: false,
};

/** Returns the source of the module's class. Throws `input` with the path of what no module can have. */
export function moduleSource({ settings, values, pipelines }: ModuleParts): string {
  const functions = [...values.map(valueFunction), ...pipelines.map(pipelineFunction)];
  refuseTwins(functions, argumentsOf("settings", settings));
  // Dagger takes a comment at the very beginning for the module's description.
  return `${docComment("Typed pipelines that take a commit to a running release: build, push, open a pull request in a Flux repository, notify people.")}
${generatedLine}
import { dag, func, object, type Container, type Directory, type Secret } from "@dagger.io/dagger";
import type { ${pipelines.map(({ name }) => resultName(name)).join(", ")} } from "./results.gen.ts";

${docComment("Functions that make values, and one for each pipeline.")}
@object()
export class Fairlead {
${constructorSource(argumentsOf("settings", settings))}

${functions.map(functionSource).join("\n\n")}
}
`;
}

function constructorSource(settings: readonly Argument[]): string {
  const fields = settings.map(({ name, type, default: value }) => `${name}: ${type}${value === undefined ? " | undefined" : ""};`);
  return `${fields.join("\n")}

${docComment("", settings)}
constructor(${parameters(settings)}) {
  ${settings.map(({ name }) => `this.${name} = ${name};`).join("\n")}
}`;
}

function valueFunction({ name, summary, input, returns, does, options }: ValueFunction): FunctionSource {
  const body = `${imported([does], input)}
return await ${does}(dag, this, { ${valuesOf(input)} });`;
  return { name, summary, arguments: argumentsOf(name, input), options, returns, body };
}

/** It is never cached: what it does, it does each time. */
function pipelineFunction({ name, summary, input }: ModuleParts["pipelines"][number]): FunctionSource {
  const result = resultName(name);
  return {
    name: identifier(name, functionName(name)),
    summary,
    arguments: [...argumentsOf(name, input), dryRun],
    options: '{ cache: "never" }',
    returns: `Promise<${result}>`,
    body: `${imported(["run"], input)}
return await run<${result}>(${JSON.stringify(name)}, this, dryRun, { ${valuesOf(input)} });`,
  };
}

/** What a function does is loaded when it is called: Dagger loads and reads this file at every call, and what it imports at its top. */
function imported(names: readonly string[], input: z.ZodObject): string {
  const all = fieldsOf(input).some(({ kind }) => kind === "secrets") ? [...names, "nameSecrets"] : names;
  return `const { ${all.join(", ")} } = await import("#module/functions.ts");`;
}

/** Members of one class have names of their own; Dagger keeps `id` for itself, and TypeScript `constructor`. */
function refuseTwins(functions: readonly FunctionSource[], settings: readonly Argument[]): void {
  const names = ["id", "constructor", ...settings.map(({ name }) => name), ...functions.map(({ name }) => name)];
  const twin = names.find((name, index) => names.indexOf(name) < index);
  if (twin !== undefined) throw refused(twin, "the module's class has this name already, or Dagger keeps it for itself");
}
