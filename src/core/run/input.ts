import type { Directory } from "@dagger.io/dagger";
import { z } from "zod";
import type { Folder } from "../image/build.ts";
import type { Credential } from "../credential.ts";
import { FairleadError } from "../errors.ts";
import { isTag, parseImage, type ImageRef } from "../image/image.ts";
import { parseDestination, type Destination } from "../notify/destination.ts";
import type { NotifierKind } from "../notify/notifier.ts";
import { parseRepository, type Repository } from "../git/repository.ts";
import { isSecret, type Secret } from "../secret.ts";
import { meantName } from "../text/suggest.ts";
import type { Json } from "../json.ts";
import type { Field, Kind } from "./field.ts";

/** The properties of a field that the schema cannot hold, for entry points. */
export interface FieldMeta extends Pick<
  Field,
  "sentences" | "byDefault" | "placeholder" | "group" | "insteadOf" | "excludes" | "namedOnly" | "positional"
> {
  readonly kind?: Kind;
  /**
   * The part of an event that a listener's route may write into the field: any text of it, the repository that the route is bound to, or the tag and
   * digest of an image. Without it, none: the field takes what is written in the configuration alone.
   */
  readonly fromEvent?: "text" | "repository" | "image";
  /** True for pairs of which a listener leaves out one whose whole value is one field of an event that has none there (default: the event makes no run). */
  readonly leavesOutNull?: boolean;
  /** True for a place to which a message goes. */
  readonly destination?: true;
  /** The names that the text's own `${{ NAME }}` may have: it is a template of the pipeline's, and no event is read in it. */
  readonly placeholders?: readonly string[];
  /** True for a repository or an image that the pipeline writes to; the name of a field: it does so where that field is not given. */
  readonly written?: boolean | string;
  /** The name of the field that says which branch of the repository the pipeline changes (default: none says it). */
  readonly writtenBranch?: string;
  /** Returns the credentials that a secret is, without the secret itself, from the whole input and, of secrets by name, the name. */
  readonly opens?: (input: Readonly<Record<string, unknown>>, name: string) => Opened | readonly Opened[] | undefined;
  /** The names that secrets by name may have. Without it, any. */
  readonly names?: readonly string[];
  /** True for what means something only beside a configuration: a Dagger module has none, and so no such argument. */
  readonly configured?: boolean;
}

type Opened = Omit<Credential, "secret">;

/** Returns the schema of an image reference, read by `parseImage`. */
export function image(): z.ZodType<ImageRef, string> {
  return parsed(parseImage).meta({ kind: "image", fromEvent: "image" } satisfies FieldMeta);
}

/** Returns the schema of a Git repository, read by `parseRepository`. For entry points it is a string. */
export function repository(): z.ZodType<Repository, string> {
  return parsed(parseRepository).meta({ kind: "string", fromEvent: "repository" } satisfies FieldMeta);
}

/** Returns the schema of a destination of messages, as these kinds of notifiers read it. */
export function destination(kinds: readonly NotifierKind[]): z.ZodType<Destination, string> {
  return parsed((text) => parseDestination(text, kinds)).meta({ kind: "string", destination: true } satisfies FieldMeta);
}

/** Returns the schema of a JSON object. On the command line it may be the path of a file that holds it. */
export function jsonObject(): z.ZodType<Readonly<Record<string, Json>>, string> {
  return parsed((text) => {
    const value = readJson(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new FairleadError("input", "it is not a JSON object");
    return value as Readonly<Record<string, Json>>;
  }).meta({ kind: "json" } satisfies FieldMeta);
}

/** Returns the schema of a folder: a path on the command line, a `Directory` in a Dagger module. */
export function directory(): z.ZodType<Folder, string | Directory> {
  const path = z
    .string()
    .min(1)
    .transform((text) => ({ path: text }));
  const given = z.custom<Directory>(isDirectory, "expected a folder").transform((value) => ({ directory: value }));
  return z.union([path, given]).meta({ kind: "directory" } satisfies FieldMeta);
}

/** Returns the schema of a folder within a repository: `services/api`, without slashes at its ends, and empty for the root. */
export function folderInside(): z.ZodType<string, string> {
  return parsed((text) => {
    const parts: string[] = [];
    for (const part of text.split("/").filter((each) => each !== "" && each !== ".")) {
      if (part !== "..") parts.push(part);
      else if (parts.pop() === undefined) assertInside(text, "the repository");
    }
    return parts.join("/");
  }).meta({ kind: "string" } satisfies FieldMeta);
}

/** Returns the schema of a file's path within a folder, which `inside` names for people. */
export function pathInside(inside: string): z.ZodType<string, string> {
  return checkedText((text) => assertInside(text, inside));
}

function assertInside(path: string, inside: string): void {
  if (path.split("/").includes("..")) throw new FairleadError("input", `"${path}" leads out of ${inside}`);
}

/** Returns the schema of a text that a function of ours takes: `check` throws `input` with what is wrong. */
export function checkedText(check: (text: string) => unknown): z.ZodType<string, string> {
  return parsed((text) => {
    if (text === "") throw new FairleadError("input", "it is empty");
    check(text);
    return text;
  }).meta({ kind: "string" } satisfies FieldMeta);
}

/** Returns the schema of a tag of an image. */
export function tagName(): z.ZodString {
  return z.string().refine(isTag, {
    error: ({ input }) => `"${String(input)}" is not a tag`,
    params: { hint: "write at most 128 letters, digits, underscores, dots and hyphens" },
  });
}

/** Returns the schema of `KEY=VALUE` pairs. A key is given once. */
export function keyValues(): z.ZodType<Readonly<Record<string, string>>, readonly string[]> {
  return z
    .array(z.string())
    .transform(splitPairs)
    .meta({ kind: "key-values" } satisfies FieldMeta);
}

/** Returns the schema of a secret, and what it opens. */
export function secret(opens: NonNullable<FieldMeta["opens"]>): z.ZodType<Secret, Secret> {
  return z.custom<Secret>(isSecret, "expected a secret").meta({ kind: "secret", opens } satisfies FieldMeta);
}

/** Returns the schema of secrets by name. Without `opens`, they are for a build alone; without `names`, each name will do. */
export function secrets({ opens, names }: Pick<FieldMeta, "opens" | "names"> = {}): z.ZodType<
  Readonly<Record<string, Secret>>,
  Readonly<Record<string, Secret>>
> {
  const given = z.record(z.string(), z.custom<Secret>(isSecret, "expected a secret")).superRefine((values, context) => {
    for (const name of Object.keys(values)) {
      if (names?.includes(name) !== false) continue;
      context.addIssue({
        code: "custom",
        path: [name],
        message: `there is no "${name}"`,
        input: values,
        params: { hint: meantName(name, names) },
      });
    }
  });
  return given.meta({ kind: "secrets", ...(opens !== undefined && { opens }), ...(names !== undefined && { names }) } satisfies FieldMeta);
}

/** Returns the properties of a field beyond its schema, through any depth of `optional`, `default` and `prefault`. */
export function fieldMeta(field: z.ZodType): FieldMeta & { readonly description?: string } {
  const wraps = field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodPrefault;
  const inner = wraps ? fieldMeta(field.def.innerType as z.ZodType) : {};
  return { ...inner, ...(field.meta() as FieldMeta | undefined) };
}

/** Returns the properties of a field and, of a list, those of its elements. */
export function elementMeta(field: z.ZodType): FieldMeta {
  const wraps = field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodPrefault;
  const inner = wraps ? field.def.innerType : field instanceof z.ZodArray ? field.def.element : undefined;
  return { ...(inner !== undefined && elementMeta(inner as z.ZodType)), ...fieldMeta(field) };
}

/** Returns a schema that reads text by a function of ours, whose FairleadError becomes the field's problem. */
function parsed<T>(read: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof FairleadError)) throw error;
      context.issues.push({ code: "custom", message: error.message, input: text, params: { hint: error.hint } });
      return z.NEVER;
    }
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FairleadError("input", "it is not JSON", { cause });
  }
}

function isDirectory(value: unknown): value is Directory {
  return typeof value === "object" && value !== null && "dockerBuild" in value;
}

function splitPairs(pairs: readonly string[], context: z.RefinementCtx): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const pair of pairs) {
    const [key = "", ...value] = pair.split("=");
    const why = key === "" ? "there is no name before the =" : `"${key}" is not KEY=VALUE`;
    const hint = "write a name, an equals sign and a value";
    if (key === "" || value.length === 0) context.addIssue({ code: "custom", message: why, params: { hint } });
    else if (key === "__proto__") context.addIssue({ code: "custom", message: `"${key}" cannot be a name` });
    else if (Object.hasOwn(found, key)) context.addIssue({ code: "custom", message: `"${key}" is given twice` });
    else found[key] = value.join("=");
  }
  return found;
}
