import { z } from "zod";
import { FairleadError } from "../../src/core/errors.ts";
import { formatImage, parseImage } from "../../src/core/image/image.ts";
import { oneOrMore } from "../../src/config/values.ts";
import { matchesGlobs } from "./glob.ts";

/** A condition of a route's `when` on one field of an event. */
export interface Condition {
  /** The schema of the condition in fairlead.yaml. */
  readonly schema: z.ZodType;
  /** The route is bound to the values: a run of it touches no other repository, or image. */
  readonly binds: boolean;
  /** Returns the event's value as the route spells it; undefined: it does not fit. */
  fit(wanted: unknown, value: unknown): unknown;
}

/** Returns the condition that may be left out: then any value fits. */
export function optional(condition: Condition): Condition {
  return { ...condition, schema: condition.schema.optional() };
}

/** Git has none of `?`, `[` and `\` in a name, so whoever writes one means a pattern of another kind. https://git-scm.com/docs/git-check-ref-format */
const pattern = z.string().regex(/^!?[^?[\\!][^?[\\]*$/, "expected a name in which * is any characters but /, and ** any characters");

/** Returns the condition that a name fits one of the patterns. `what` names the names. */
export function patterns(what: string): Condition {
  const schema = oneOrMore(pattern)
    .refine((list) => list.some((each) => !each.startsWith("!")), "expected a pattern besides those that begin with !")
    .describe(`${what}: names, in which * is any characters but / and ** any; one that begins with ! takes names out`);
  return {
    schema,
    binds: false,
    fit: (wanted, value) => (typeof value === "string" && matchesGlobs(wanted as string[], value) ? value : undefined),
  };
}

/** Returns the condition that a value is one of those that are named, which are some of `values`. */
export function anyOf(values: readonly string[], what: string): Condition {
  return {
    schema: oneOrMore(z.enum(values)).describe(what),
    binds: false,
    fit: (wanted, value) => ((wanted as readonly unknown[]).includes(value) ? value : undefined),
  };
}

/** Returns the condition that a value is true, or false. */
export function flag(what: string): Condition {
  return { schema: z.boolean().describe(what), binds: false, fit: (wanted, value) => (wanted === value ? value : undefined) };
}

/** A repository in full, in whose spelling it is cloned, or all in which the App of an owner is installed, as `HOST/OWNER/*`. */
export const boundRepository: Condition = {
  schema: oneOrMore(
    z
      .string()
      .regex(
        /^[^\s/*?[\]{}$\\]+(?:\/[^\s/*?[\]{}$\\]+)*\/(?:[^\s/*?[\]{}$\\]+|(?<=\/[^/]+\/)\*)$/,
        "expected a repository in full, such as github.com/acme/app: a route is bound to it",
      ),
  ).describe("repository, in full: a run of the route touches no other; HOST/OWNER/* is each in which the App of the owner is installed"),
  binds: true,
  fit: (wanted, value) => (typeof value === "string" ? firstOf(wanted as readonly string[], (each) => boundAs(each, value)) : undefined),
};

/** Tells whether a name means all repositories of an owner. */
export function isOwnersAll(name: string): boolean {
  return name.endsWith("/*");
}

/**
 * Returns how a route that is bound to a name spells a repository; undefined where it is bound to another. Of all of an owner's, its host and owner are
 * the route's, and its own name is one that a repository may have.
 */
export function boundAs(name: string, repository: string): string | undefined {
  if (!isOwnersAll(name)) return foldCase(name) === foldCase(repository) ? name : undefined;
  const prefix = name.slice(0, -1);
  const own = repository.slice(prefix.length);
  return foldCase(repository.slice(0, prefix.length)) === foldCase(prefix) && /^(?!\.{1,2}$)[\w.-]+$/.test(own) ? prefix + own : undefined;
}

function firstOf<T, R>(list: readonly T[], of: (each: T) => R | undefined): R | undefined {
  for (const each of list) {
    const found = of(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An image in full, without tag and digest. */
export const boundImage: Condition = {
  schema: oneOrMore(
    z.string().refine(isImageName, "expected an image in full without tag and digest, such as ghcr.io/acme/app: a route is bound to it"),
  ).describe("image without tag and digest, in full: a run of the route touches no other"),
  binds: true,
  fit: (wanted, value) => ((wanted as readonly unknown[]).includes(value) ? value : undefined),
};

/** Git servers take a repository's name in any case, and people write it so: https://docs.github.com/en/rest/repos/repos#get-a-repository */
function foldCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A name that is not written out, such as `nginx`, is not what an event says. */
function isImageName(text: string): boolean {
  try {
    const { registry, repository: path } = parseImage(text);
    return formatImage({ registry, repository: path }) === text;
  } catch (error) {
    if (error instanceof FairleadError) return false;
    throw error;
  }
}
