import { z } from "zod";
import { oneOrMore } from "../../src/config/values.ts";
import type { Event } from "../../src/core/event.ts";
import { boundField, conditionsOf, eventKindNames, eventKinds } from "../routing/event-kinds.ts";

/** Returns the schema of the name of a source or a route. */
export function entryName(): z.ZodString {
  return z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected a name of lower-case letters, digits and hyphens");
}

/** The events that a route takes: those of a source and a kind whose fields fit all conditions, which are by field. See `eventKinds`. */
export interface When {
  readonly source: string;
  readonly kind: Event["kind"];
  readonly [condition: string]: unknown;
}

const source = entryName().describe("source of the events, by its name");

/** A path, or an account such as `dependabot[bot]`, may have any sign. */
const pattern = z.string().regex(/^!?[^!]/, "expected a name in which * is any characters but /, and ** any characters");

/** Paths begin at the root of the repository, and files alone have one: what is written otherwise would fit none. */
const pathPattern = pattern.check(({ value, issues }) => {
  const path = value.replace(/^!/, "");
  const rooted = path.replace(/^(?:\.{0,2}\/)+/, "");
  const meant = rooted.endsWith("/") ? `${rooted}**` : rooted;
  if (meant !== path)
    issues.push({
      code: "custom",
      input: value,
      message: `it fits no path, since paths are like src/a.ts: expected ${meant === "" ? "**" : meant}`,
    });
});

/** The conditions on a push that its event does not hold: its payload does, or the run reads them. See `PushFilter`. */
const pushFilters = {
  paths: oneOrMore(pathPattern)
    .optional()
    .describe("changed paths, at least one: names, in which * is any characters but / and ** any; one that begins with ! takes paths out"),
  shared: oneOrMore(pathPattern)
    .optional()
    .describe("further changed paths, which several routes share; ! in paths does not take them out"),
  author: oneOrMore(pattern).optional().describe("accounts that have pushed, as patterns; one that begins with ! takes accounts out"),
};

/** What may come from a fork. */
const forks = {
  forks: z
    .boolean()
    .default(false)
    .describe(
      "take what comes from forks too: a pipeline that only tells runs at once, a build waits for somebody's approval of the commit",
    ),
};

/** The schema of `when`. A condition of several values is fulfilled by any of them. */
export const whenSchema: z.ZodType<When> = z
  .discriminatedUnion("kind", [schemaOf("push"), ...eventKindNames.slice(1).map(schemaOf)])
  .meta({ id: "when" });

function schemaOf(kind: Event["kind"]) {
  const conditions = Object.entries(conditionsOf(kind)).map(([field, { schema }]) => [field, schema] as const);
  return z.strictObject({
    source,
    kind: z.literal(kind),
    ...Object.fromEntries(conditions),
    ...(kind === "push" && pushFilters),
    ...("fork" in eventKinds[kind].sample && forks),
  });
}

/** Returns the names to which a route is bound: the only values that `event.repository`, or `event.image`, has for it. */
export function boundNames(when: When): { readonly field: string | undefined; readonly names: readonly string[] } {
  const field = boundField(when.kind);
  return { field, names: field === undefined ? [] : (when[field] as readonly string[]) };
}
