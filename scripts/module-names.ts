// Where `dagger call` spells an argument in another way than the command line.
import type { z } from "zod";
import { kebabCase } from "../src/core/text/kebab.ts";
import { placeholderOf, spelled, typed, type Flag } from "../src/cmd/flag.ts";
import { fieldsOf } from "../src/core/run/fields.ts";
import { argumentsOf } from "./generate/function.ts";

/**
 * Returns the arguments of pipelines that have two spellings, each with both and the pipelines that have it: `--tag NAME`, `--tags=NAME`, `build`.
 */
export function moduleNames(
  pipelines: readonly { readonly name: string; readonly input: z.ZodObject }[],
): readonly { readonly flag: string; readonly argument: string; readonly pipelines: readonly string[] }[] {
  const all = pipelines.flatMap(({ name, input }) =>
    fieldsOf(input).map((flag) => ({
      flag: typedFlag(flag),
      argument: argumentFor(name, input, flag),
      pipeline: name,
      same: isSame(flag),
    })),
  );
  const differing = all.filter(({ same }) => !same);
  return [...Map.groupBy(differing, ({ flag, argument }) => `${flag} ${argument}`).values()].map((group) => ({
    flag: group[0]?.flag ?? "",
    argument: group[0]?.argument ?? "",
    pipelines: group.map(({ pipeline }) => pipeline),
  }));
}

/** An argument of the command line has no name there. */
function isSame(flag: Flag): boolean {
  return flag.positional === undefined && spelled(flag) === `--${kebabCase(flag.name)}` && flag.kind !== "secrets";
}

function typedFlag(flag: Flag): string {
  return flag.positional === undefined ? typed(flag) : spelled(flag);
}

/** Returns an argument as it is typed after `dagger call`. The names of secrets are an argument of their own. */
function argumentFor(pipeline: string, input: z.ZodObject, flag: Flag): string {
  const names = `${flag.name.replace(/s$/, "")}Names`;
  const own = argumentsOf(pipeline, input).filter(({ name }) => name === flag.name || (flag.kind === "secrets" && name === names));
  const [first = "", second = ""] = placeholderOf(flag).split("=");
  const values = flag.kind === "secrets" ? [first, second] : [valueOf(flag)];
  return own.map(({ name }, index) => `--${kebabCase(name)}=${values[index] ?? ""}`).join(" ");
}

function valueOf(flag: Flag): string {
  if (flag.kind === "boolean") return String(flag.default !== true);
  return flag.positional === undefined ? placeholderOf(flag) : spelled(flag);
}
