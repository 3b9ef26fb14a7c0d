import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import type { Path } from "../../src/config/document.ts";
import { holdsSecrets } from "../../src/config/field-values.ts";
import { problemsOf, type Problem } from "../../src/config/problem.ts";
import { isMapping } from "../routing/event-fields.ts";
import { boundField, eventKinds } from "../routing/event-kinds.ts";
import { eventFieldsIn, type EventField, type TemplatePart } from "../routing/template.ts";
import { checkText, readTemplate } from "./check-text.ts";
import { fillValues, fromEventOf, hasPlaceholders, imageNameOf, leavesOf, stubSecret, type Leaf } from "./fill.ts";
import { boundNames, type When } from "./when.ts";
import { storedInput, secretsOf, type ReadableValues, type WithValues } from "./with.ts";

const writeItOut = "it takes no value of an event: write it out";

/**
 * Returns what is wrong with the values that a route gives to its pipeline: a value of an event where none may stand, and literals that the
 * pipeline does not take. `kind` and `when` are undefined where they have no form themselves: then less is looked at.
 */
export function checkWith(
  path: Path,
  pipeline: Pipeline,
  { values, wrong }: ReadableValues,
  kind: Event["kind"] | undefined,
  when: When | undefined,
): readonly Problem[] {
  const leaves = leavesOf(values);
  const events = (when !== undefined ? boundEvents(when) : kind === undefined ? [] : [eventKinds[kind].sample]).map((each) =>
    withNames(each, leaves),
  );
  const inTexts = leaves.flatMap((leaf) => checkLeaf(path, pipeline, leaf, kind, events));
  const misread = new Set([...wrong, ...inTexts.map((problem) => String(problem.path[path.length]))]);
  return [...inTexts, ...events.flatMap((event) => checkLiterals(path, pipeline, { values, wrong: misread }, event))];
}

/** Returns an event for each repository or image that the route is bound to; of all repositories of an owner, for one. */
export function boundEvents(when: When): readonly Event[] {
  const { sample } = eventKinds[when.kind];
  const { field, names } = boundNames(when);
  return field === undefined ? [sample] : names.map((name) => ({ ...sample, [field]: name.replace(/\/\*$/, "/repository") }));
}

/** Returns the event with a value under each name of a mapping that the texts ask for: which names it has is its sender's to say. */
export function withNames(event: Event, leaves: readonly Leaf[]): Event {
  const named = leaves.flatMap(({ text }) => namedIn(text)).filter(({ field, name }) => name !== undefined && isMapping(event.kind, field));
  return named.reduce((sample, { field, name = "" }) => {
    const mapping = sample[field as keyof Event] as unknown as Readonly<Record<string, unknown>>;
    return { ...sample, [field]: { ...mapping, [name]: "value" } };
  }, event);
}

function namedIn(text: string): readonly EventField[] {
  const parts = readTemplate(text);
  return typeof parts === "string" ? [] : eventFieldsIn(parts);
}

function checkLeaf(
  base: Path,
  pipeline: Pipeline,
  { field, path, text }: Leaf,
  kind: Event["kind"] | undefined,
  events: readonly Event[],
): readonly Problem[] {
  const at = [...base, field, ...path];
  // its schema knows its names
  if (hasPlaceholders(pipeline, field)) return namedIn(text).length === 0 ? [] : [{ path: at, message: writeItOut }];
  const parts = readTemplate(text);
  if (typeof parts === "string") return [{ path: at, message: parts }];
  if (eventFieldsIn(parts).length === 0) return [];
  const misplaced = misplacedIn(pipeline, field, parts, events);
  return [...(misplaced === undefined ? [] : [{ path: at, message: misplaced }]), ...checkText(at, text, kind)];
}

/** Says why values of an event may not stand in a field as they do. */
function misplacedIn(pipeline: Pipeline, field: string, parts: readonly TemplatePart[], events: readonly Event[]): string | undefined {
  switch (fromEventOf(pipeline, field)) {
    case "text":
      return undefined;
    case "repository":
      if (parts.length === 1 && events.every(({ kind }) => isRepository(parts[0]!, kind))) return undefined;
      return "a repository is written out, or is ${{ event.repository }} and nothing else";
    case "image":
      if (events.every((event) => hasName(parts, event))) return undefined;
      return "the registry and repository of an image are written out, or are ${{ event.image }}: only its tag and digest are an event's to say, and the name of the route's repository";
    case undefined:
      return writeItOut;
  }
}

/** An event of a kind whose routes are bound to something else may name any repository. */
function isRepository(part: TemplatePart, kind: Event["kind"]): boolean {
  const isWhole = "field" in part && part.field === "repository" && part.name === undefined && part.filters === undefined;
  return isWhole && boundField(kind) === "repository";
}

function hasName(parts: readonly TemplatePart[], event: Event): boolean {
  try {
    return imageNameOf(parts, event) !== undefined;
  } catch (error) {
    if (error instanceof FairleadError) return false;
    throw error;
  }
}

/** A value that no field takes: what is wrong already is told once, and no rule is looked at that would read it. */
const unusable = Symbol("unusable");

/** Tries the values with an event. Of a field that this event fills nothing is said: another may fill it well. */
function checkLiterals(base: Path, pipeline: Pipeline, { values: all, wrong }: ReadableValues, event: Event): readonly Problem[] {
  const values: WithValues = Object.fromEntries(Object.entries(all).filter(([field]) => !wrong.has(field)));
  const bound = boundField(event.kind);
  const free = new Set(leavesOf(values).flatMap(({ field, text }) => (namedIn(text).some((each) => each.field !== bound) ? [field] : [])));
  const input = {
    ...storedInput(pipeline, fillValues(pipeline, values, event)),
    ...secretsOf(pipeline, values, stubSecret),
    // a wrong secret would stop all rules, and none needs its value
    ...Object.fromEntries(
      fieldsOf(pipeline.input).flatMap((each) => (wrong.has(each.name) && !holdsSecrets(each) ? [[each.name, unusable]] : [])),
    ),
  };
  const problems = problemsOf(pipeline.input.strict(), input, base);
  return problems.filter(({ path: { [base.length]: field } }) => !free.has(String(field)) && !wrong.has(String(field)));
}
