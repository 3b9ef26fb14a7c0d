import { z } from "zod";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import { isDigest, parseImage, type ImageRef } from "../../src/core/image/image.ts";
import { fieldMeta, type FieldMeta } from "../../src/core/run/input.ts";
import { parseInput, type Pipeline } from "../../src/core/run/pipeline.ts";
import type { Secret } from "../../src/core/secret.ts";
import type { Json } from "../../src/core/json.ts";
import { boundField } from "../routing/event-kinds.ts";
import { fillEventTemplate, parseEventTemplate, type EventField, type TemplatePart } from "../routing/template.ts";
import { storedInput, type WithValues } from "./with.ts";

/** A text among a route's values: of a list or a mapping, each has its own. */
export interface Leaf {
  readonly field: string;
  /** The way to it from the field. */
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** Returns the texts among the values. */
export function leavesOf(values: WithValues): readonly Leaf[] {
  return Object.entries(values).flatMap(([field, value]): Leaf[] => {
    if (typeof value === "string") return [{ field, path: [], text: value }];
    if (typeof value !== "object") return [];
    const entries = Array.isArray(value) ? [...(value as unknown[]).entries()] : Object.entries(value);
    return entries.flatMap(([at, text]) => (typeof text === "string" ? [{ field, path: [at], text }] : []));
  });
}

/**
 * Returns what a pipeline is given at an event, secrets apart: JSON, which its schema takes. Only what the event fills is looked at: the literals
 * were checked when the configuration was read. Throws `input` where a value of the event is none that may stand there.
 */
export function fillInput(pipeline: Pipeline, values: WithValues, event: Event): Readonly<Record<string, Json>> {
  const { images, fromEvent, schema, literals } = fillingOf(pipeline, values);
  const given = fillValues(pipeline, fromEvent, event);
  for (const { field, parts } of images) if (field in given) assertTagParts(field, parts, event);
  const filled = storedInput(pipeline, given);
  parseInput(pipeline.name, schema, filled);
  return { ...literals, ...filled };
}

/** A route's values, apart by what an event changes of them. */
interface Filling {
  readonly images: readonly { readonly field: string; readonly parts: readonly TemplatePart[] }[];
  /** The values of the fields in which something of an event stands. */
  readonly fromEvent: WithValues;
  /** The schema of those fields. */
  readonly schema: z.ZodObject;
  /** All other fields, as they are stored. */
  readonly literals: Readonly<Record<string, Json>>;
}

const fillings = new WeakMap<WithValues, Filling>();

/** Returns a route's values apart. It is made once: a delivery may make a thousand runs of a route. */
function fillingOf(pipeline: Pipeline, values: WithValues): Filling {
  const known = fillings.get(values) ?? takeApart(pipeline, values);
  fillings.set(values, known);
  return known;
}

function takeApart(pipeline: Pipeline, values: WithValues): Filling {
  const leaves = leavesOf(values)
    .filter(({ field }) => fromEventOf(pipeline, field) !== undefined)
    .map(({ field, text }) => ({ field, parts: parseEventTemplate(text) }));
  const names = new Set(leaves.flatMap(({ field, parts }) => (parts.some((part) => "field" in part) ? [field] : [])));
  const only = (filled: boolean): WithValues => Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name) === filled));
  return {
    images: leaves.filter(({ field }) => fromEventOf(pipeline, field) === "image"),
    fromEvent: only(true),
    schema: z.object(Object.fromEntries(Object.entries<z.ZodType>(pipeline.input.shape).filter(([name]) => names.has(name)))),
    literals: storedInput(pipeline, only(false)),
  };
}

/**
 * Returns the values with those of an event in their places. A field that takes none is left as it was written. An optional one is left out where its whole
 * value is null.
 */
export function fillValues(pipeline: Pipeline, values: WithValues, event: Event): WithValues {
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") return fillEventTemplate(parseEventTemplate(value), event);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each)]));
  };
  const filled = Object.entries(values).flatMap(([field, value]) => {
    if (fromEventOf(pipeline, field) === undefined) return [[field, value]];
    if (isOptionalText(pipeline, field) && isNull(value, event)) return [];
    return [[field, fill(leavesOutNull(pipeline, field) ? withoutNull(value, event) : value)]];
  });
  return Object.fromEntries(filled) as WithValues;
}

/** Returns the pairs without those whose value is null. */
function withoutNull(pairs: unknown, event: Event): unknown {
  if (typeof pairs !== "object" || pairs === null) return pairs;
  return Object.fromEntries(Object.entries(pairs).filter(([, text]) => !isNull(text, event)));
}

/** Tells whether the whole of a text is one field of the event, through no filter, that is null. */
function isNull(text: unknown, event: Event): boolean {
  if (typeof text !== "string") return false;
  const [part, ...others] = parseEventTemplate(text);
  if (part === undefined || others.length > 0 || !("field" in part) || part.filters !== undefined) return false;
  const { [part.field]: value } = event as unknown as Readonly<Record<string, unknown>>;
  const named = part.name === undefined || value === null ? value : (value as Readonly<Record<string, unknown>>)[part.name];
  return named === null;
}

/** What names a repository or an image is never left out: something else would be meant. */
function isOptionalText(pipeline: Pipeline, field: string): boolean {
  const type = pipeline.input.shape[field] as z.ZodType | undefined;
  return fromEventOf(pipeline, field) === "text" && type?.safeParse(undefined).success === true;
}

function leavesOutNull(pipeline: Pipeline, field: string): boolean {
  const type = pipeline.input.shape[field] as z.ZodType | undefined;
  return type !== undefined && fieldMeta(type).leavesOutNull === true;
}

/** Returns what of an event may stand in a field; undefined where it takes literals alone. */
export function fromEventOf(pipeline: Pipeline, field: string): FieldMeta["fromEvent"] {
  const type = pipeline.input.shape[field] as z.ZodType | undefined;
  return type === undefined ? undefined : fieldMeta(type).fromEvent;
}

/** Tells whether a field is a template of the pipeline's own, whose placeholders are no event's. */
export function hasPlaceholders(pipeline: Pipeline, field: string): boolean {
  const type = pipeline.input.shape[field] as z.ZodType | undefined;
  return type !== undefined && fieldMeta(type).placeholders !== undefined;
}

/**
 * Throws `input` when a value from the event is no tag, part of a tag, or digest: a tag of `5000/other` would turn a name into a port,
 * `1@sha256:…` would be another image.
 */
function assertTagParts(field: string, parts: readonly TemplatePart[], event: Event): void {
  for (const [index, part] of parts.entries()) {
    if ("text" in part || isBound(part, event)) continue;
    const value = fillEventTemplate([part], event);
    const isWhole = isDigest(value) && fillEventTemplate(parts.slice(0, index), event).endsWith("@");
    if (!isWhole && !/^[\w.-]+$/.test(value)) throw new FairleadError("input", `${field}: "${value}" is no tag, nor part of one`);
  }
}

/**
 * Returns the image that is written before the first value that the event chooses; undefined where that is not behind the name. `event` says
 * what the route is bound to: `event.image` and `event.repository.name` are the route's own names, so they count as written. Throws `input` for what is no image.
 */
export function imageNameOf(parts: readonly TemplatePart[], event: Event): ImageRef | undefined {
  const free = parts.findIndex((part) => "field" in part && !isBound(part, event));
  if (free < 0) return parseImage(fillEventTemplate(parts, event));
  const [, name] = /^([^@]*\/[^/:@]+)(?::[^/:@]*@?|@)$/.exec(fillEventTemplate(parts.slice(0, free), event)) ?? [];
  return name === undefined ? undefined : parseImage(name);
}

/**
 * Tells whether a value is one of the route's own names: an image, or the name of a repository, which is the same in any case. Another filter would make one
 * name of two.
 */
function isBound({ field, name, filters: through = [] }: EventField, { kind }: Event): boolean {
  if (boundField(kind) !== field) return false;
  return field === "image" ? through.length === 0 : field === "repository" && name === "name" && through.every((each) => each === "lower");
}

/** Returns a secret that nobody can open: a schema asks of one only that it is one. */
export function stubSecret(_reference: string, name: string): Secret {
  return { name, reveal: () => Promise.reject(new FairleadError("internal", `reveal ${name}: it is not open`)) };
}
