// What help says of the variables that adapters read, without loading them.
import { z } from "zod";
import { adapters } from "../../src/adapters.ts";
import type { AdapterKind } from "../../src/core/adapter.ts";
import { fieldMeta } from "../../src/core/run/input.ts";
import { generatedLine } from "./comment.ts";

/** The flags of the commands that use an adapter of each port: one of them is enough. `subject` is that of `doctor`, which looks at all. */
const flags = {
  gitProviders: ["token", "fluxToken", "subject"],
  notifiers: ["credentials", "subject"],
  registries: ["registryPassword", "subject"],
} as const;

/** Returns the source of the list of variables that adapters document. */
export function variablesSource(): string {
  const all = Object.entries(adapters).flatMap(([port, kinds]) =>
    (kinds as readonly AdapterKind<unknown, never>[]).flatMap((kind) =>
      variablesOf(kind).map((each) => ({ ...each, with: flags[port as keyof typeof flags] })),
    ),
  );
  return `${generatedLine}
import type { Variable } from "./variable.ts";

/** The variables that adapters document, in the order of their lists. */
export const adapterVariables: readonly Variable[] = ${JSON.stringify(all, null, 2)};
`;
}

function variablesOf({
  name,
  settings,
  environment = {},
}: AdapterKind<unknown, never>): { readonly name: string; readonly sentence: string }[] {
  const { token, settings: named = {}, credentials } = environment;
  const shape = settings instanceof z.ZodObject ? (settings.shape as Readonly<Record<string, z.ZodType>>) : {};
  const sentenceOf = (setting: string): string => {
    const type = shape[setting] ?? settings;
    return type === undefined ? "" : (fieldMeta(type).description ?? "");
  };
  return [
    ...(token === undefined ? [] : [{ name: token, sentence: `Token for ${name}` }]),
    ...Object.entries(named).map(([setting, variable]) => ({ name: variable, sentence: sentenceOf(setting) })),
    ...(credentials === undefined
      ? []
      : [{ name: credentials.source.replace(/^\^|\$$/g, "").replace("\\w+", "*"), sentence: `Credentials for ${name}` }]),
  ];
}
