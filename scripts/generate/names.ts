// Names that a schema may not have, as TypeScript, Dagger or the generated source keeps them for itself. They are refused with their path, and not
// spelled in another way: a field has one name at every entry point.
import { FairleadError } from "../../src/core/errors.ts";

/** https://tc39.es/ecma262/#prod-ReservedWord, and what strict code keeps besides. */
const keywords = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in " +
    "instanceof new null return super switch this throw true try typeof var void while with yield " +
    "arguments eval implements interface let package private protected public static"
  ).split(" "),
);

/** What `dagger call` takes before any function's own: https://docs.dagger.io/reference/cli/#dagger-call */
const daggerFlags = new Set(
  (
    "allowLlm autoApply cloud debug dotFocusField dotOutput dotShowInternal eagerRuntime help interactive interactiveCommand json mod noExit noMod " +
    "output progress quiet silent verbose web workdir"
  ).split(" "),
);

/** What the generated functions say themselves. */
const ownWords = new Set(["dag", "dryRun", "buildImage", "clone", "nameSecrets", "run"]);

/** Returns the name of an argument. Throws `input` for one that cannot be. */
export function argumentName(path: string, name: string): string {
  if (ownWords.has(name)) throw refused(path, "the generated source keeps this name for itself");
  if (daggerFlags.has(name)) throw refused(path, "dagger call keeps this name for a flag of its own");
  return identifier(path, name);
}

/** Returns a name of TypeScript. Throws `input` for one that cannot be. */
export function identifier(path: string, name: string): string {
  if (keywords.has(name)) throw refused(path, "TypeScript keeps this word for itself");
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw refused(path, "it is no camelCase name");
  return name;
}

/** Returns the name of a pipeline's function: `createRepository` for `create-repository`. */
export function functionName(pipeline: string): string {
  return pipeline.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns a name with a capital: `CreateRepository`. */
export function capitalized(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Returns the error of what no module can have. */
export function refused(path: string, why: string): FairleadError {
  return new FairleadError("input", `generate ${path}: ${why}`);
}
