// fairlead.yaml as the command line reads it: what all entry points share, and `defaults`.
import { open, type FileHandle } from "node:fs/promises";
import { z } from "zod";
import { checkDefaults, defaultsSchema, type DefaultFields, type Defaults } from "../config/defaults.ts";
import { commonFields, readConfigText, type CommonConfig } from "../config.ts";
import { FairleadError } from "../core/errors.ts";
import { exposureText, writableByAll } from "../core/file-exposure.ts";

/** The file that is found in the working folder. */
export const usualConfig = "fairlead.yaml";

/** The sections that are the listener's alone. */
export const listenerSections = ["sources", "routes", "store", "retention", "workers", "limits", "listen"] as const;

/** Returns the text of a configuration; undefined where there is no such file. Whoever may write it decides what we trust: everybody may not. */
export async function readConfigFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    return await readOwn(file, path);
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause;
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new FairleadError("input", `read ${path}: it cannot be read (${code})`, { hint: "name another with --config", cause });
  }
}

async function readOwn(file: FileHandle, path: string): Promise<string> {
  const exposure = writableByAll(await file.stat());
  if (exposure === undefined) return await file.readFile("utf8");
  throw new FairleadError("input", `read ${path}: it ${exposureText(exposure)}`, { hint: `run chmod 600 ${path}, and read what it says` });
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
  return { config, defaults: config.defaults, ignored: [] };
}

/** Returns what a configuration says that lies in the working folder: its `defaults`. The rest is not even looked at, as it may be anybody's. */
export function readFound(text: string, path: string, rules: DefaultRules): ReadFile {
  const others = sections(["credentials", "servers", ...listenerSections]);
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
