// fairlead.yaml as the command line reads it: what all entry points share, and `defaults`.
import { z } from "zod";
import { checkDefaults, defaultsSchema, type DefaultFields, type Defaults } from "../config/defaults.ts";
import { pathsBeside, readConfigFile, readFoundFile } from "../config/file.ts";
import { absoluteCommon } from "../config/paths.ts";
import { commonFields, readConfigText, type CommonConfig } from "../config.ts";
import { FairleadError } from "../core/errors.ts";

/** What is believed of a file that somebody named, and of no other. */
const namedSections = ["credentials", "servers", "environments", "reportTo"] as const;

/** The sections that are the listener's alone. */
export const listenerSections = ["sources", "routes", "reports", "store", "retention", "workers", "limits", "listen"] as const;

/** Returns the text of a configuration; undefined where there is no such file, or a found one is of another user. Throws `input` where it cannot be read, or everybody may write it. */
export async function readFileThere(path: string, { found }: { readonly found: boolean }): Promise<string | undefined> {
  try {
    return await (found ? readFoundFile(path) : readConfigFile(path));
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause;
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new FairleadError("input", `read ${path}: it cannot be read (${code})`, { hint: "name another with --config", cause });
  }
}

/** A configuration as the command line uses it. */
export interface ReadFile {
  readonly defaults: Defaults;
  /** Its credentials and servers; undefined of a file that nobody named. */
  readonly config: CommonConfig | undefined;
  /** The sections that say nothing here. */
  readonly ignored: readonly string[];
}

/** The rules of `defaults`: their fields, and the pipeline that is going to take them. */
export interface DefaultRules {
  readonly known: DefaultFields;
  readonly takers: Parameters<typeof checkDefaults>[2];
}

/** Returns what a configuration that somebody named says. Throws `input` with all that is wrong with it. */
export function readNamed(text: string, path: string, rules: DefaultRules): ReadFile {
  const schema = z.strictObject({ ...commonFields, ...sections(listenerSections), defaults: defaultsSchema(rules.known).default({}) });
  const { config } = readConfigText(text, { path, schema, check: checkOf(rules) });
  return { config: absoluteCommon(config, pathsBeside(path)), defaults: config.defaults, ignored: [] };
}

/** Returns what a configuration says that lies in the working folder: its `defaults`. The rest is not even looked at, as it may be anybody's. */
export function readFound(text: string, path: string, rules: DefaultRules): ReadFile {
  const others = sections([...namedSections, ...listenerSections]);
  const schema = z.strictObject({ version: commonFields.version, ...others, defaults: defaultsSchema(rules.known).default({}) });
  const { config } = readConfigText(text, { path, schema, check: checkOf(rules) });
  return { config: undefined, defaults: config.defaults, ignored: Object.keys(config).filter((name) => name in others) };
}

function sections(names: readonly string[]): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
}

function checkOf({ known, takers }: DefaultRules): (value: unknown) => ReturnType<typeof checkDefaults> {
  return (value) => checkDefaults((value as { readonly defaults?: unknown } | null)?.defaults, known, takers);
}
