import { z } from "zod";
import { FairleadError } from "../../src/core/errors.ts";
import { formatImage, parseImage } from "../../src/core/image/image.ts";
import { oneOrMore } from "../../src/config/values.ts";

/** Returns the schema of the name of a source or a route. */
export function entryName(): z.ZodString {
  return z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected a name of lower-case letters, digits and hyphens");
}

/** Git has none of `?`, `[` and `\` in a name, so whoever writes one means a pattern of another kind. https://git-scm.com/docs/git-check-ref-format */
const pattern = z.string().regex(/^!?[^?[\\!][^?[\\]*$/, "expected a name in which * is any characters but /, and ** any characters");

function patterns(what: string): z.ZodType<string[], string | string[]> {
  return oneOrMore(pattern)
    .refine((list) => list.some((each) => !each.startsWith("!")), "expected a pattern besides those that begin with !")
    .describe(`${what}: names, in which * is any characters but / and ** any; one that begins with ! takes names out`);
}

/** What a run clones is what is written here, so it is written in full. */
const repository = oneOrMore(
  z
    .string()
    .regex(
      /^[^\s/*?[\]{}$\\]+(\/[^\s/*?[\]{}$\\]+)+$/,
      "expected a repository in full, such as github.com/acme/app: a route is bound to it",
    ),
).describe("repository, in full: a run of the route touches no other");

const image = oneOrMore(
  z.string().refine(isImageName, "expected an image in full without tag and digest, such as ghcr.io/acme/app: a route is bound to it"),
).describe("image without tag and digest, in full: a run of the route touches no other");

const source = entryName().describe("name of the source whose events these are");
const action = z.enum(["opened", "updated", "merged", "closed"]);
const state = z.enum(["starting", "succeeded", "failed", "canceled"]);

/** What an event has to be for a route to take it. A field that has several values takes any of them. */
export const whenSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ source, kind: z.literal("push"), repository, branch: patterns("branches") }),
    z.strictObject({ source, kind: z.literal("tag"), repository, tag: patterns("tags") }),
    z.strictObject({ source, kind: z.literal("image"), image, tag: patterns("tags").optional() }),
    z.strictObject({
      ...{ source, kind: z.literal("pull-request"), repository },
      base: patterns("branches into which is to be merged"),
      branch: patterns("branches that are to be merged").optional(),
      action: oneOrMore(action).describe("what has become of the pull request"),
    }),
    z.strictObject({
      ...{ source, kind: z.literal("reconciliation"), object: patterns("objects, as Kind/namespace/name") },
      ready: z.boolean().optional().describe("whether it is ready"),
    }),
    z.strictObject({
      ...{ source, kind: z.literal("stage"), pipeline: patterns("pipelines elsewhere") },
      stage: patterns("stages of the pipeline").optional(),
      state: oneOrMore(state).describe("what has become of it"),
    }),
  ])
  .meta({ id: "when" });

/** See `whenSchema`. */
export type When = z.output<typeof whenSchema>;

/** Returns what a route is bound to: the only values that `event.repository`, or `event.image`, has for it. */
export function boundNames(when: When): { readonly field: "repository" | "image" | undefined; readonly names: readonly string[] } {
  if ("repository" in when) return { field: "repository", names: when.repository };
  return "image" in when ? { field: "image", names: when.image } : { field: undefined, names: [] };
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
