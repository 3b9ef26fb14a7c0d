// What help says of the variables that adapters read, without loading them.
import { z } from "zod";
import { adapters } from "../../src/adapters.ts";
import type { AdapterKind } from "../../src/core/adapter.ts";
import type { Variable } from "../../src/cmd/variable.ts";
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
    (kinds as readonly AdapterKind<unknown, never>[]).flatMap((kind) => variablesOf(kind, flags[port as keyof typeof flags])),
  );
  return `${generatedLine}
import type { Variable } from "./variable.ts";

/** The variables that adapters document, in the order of their lists. */
export const adapterVariables: readonly Variable[] = ${JSON.stringify(all, null, 2)};
`;
}

/** The flag of the command on Apps, which reads where a provider that has them is, and no token. */
const ofApps = "organization";

function variablesOf(kind: AdapterKind<unknown, never>, fields: readonly string[]): readonly Variable[] {
  const { name, environment: { token, credentials } = {} } = kind;
  return [
    ...(token === undefined ? [] : [{ name: token, sentence: `Token for ${name}`, with: fields }]),
    ...settingVariables(kind).map(([variable, sentence]) => ({
      name: variable,
      sentence,
      with: "apps" in kind ? [...fields, ofApps] : fields,
    })),
    ...(credentials === undefined
      ? []
      : [{ name: credentials.source.replace(/^\^|\$$/g, "").replace("\\w+", "*"), sentence: `Credentials for ${name}`, with: fields }]),
  ];
}

/** Returns the variables that hold settings of a kind, each with the sentence of its setting. */
export function settingVariables({
  settings,
  environment = {},
}: AdapterKind<unknown, never>): (readonly [variable: string, sentence: string])[] {
  const sentences = new Map<string, z.ZodType>(settings instanceof z.ZodObject ? Object.entries(settings.shape) : []);
  return Object.entries(environment.settings ?? {}).map(([setting, variable]) => [
    variable,
    sentences.get(setting)?.description ?? settings?.description ?? "",
  ]);
}
