import { z } from "zod";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import type { Path } from "../../src/config/document.ts";
import type { Problem } from "../../src/config/problem.ts";
import { oneOrMore, secretReference } from "../../src/config/values.ts";
import type { AskedKinds, Proof, Receiver } from "../receiver/receiver.ts";
import { needsProof } from "./evidence.ts";
import type { RouteReports } from "./reports.ts";
import { entryName, type When } from "./when.ts";

/** The kinds that a configuration may name. */
export interface ConfigKinds {
  readonly receivers: readonly Receiver[];
  readonly pipelines: readonly Pipeline[];
}

/** A sender of deliveries, and the proof that it gives. Secrets are references: nothing is revealed yet. */
export interface Source {
  readonly name: string;
  readonly receiver: Receiver;
  /** Any of them proves a delivery. */
  readonly secrets: readonly string[];
  /** The keys of the endpoint's paths; without one, each secret is. */
  readonly path: readonly string[];
  readonly options: unknown;
  /** What a delivery that was accepted before comes to: nothing, or its failed runs are repeated. */
  readonly redelivery: Redelivery;
  /** Nothing but the path proves a delivery: what its events say is read again before anything is done. */
  readonly readAgain: boolean;
  /** The kinds of events that its routes name, those for which steps of any route may wait, and reruns where runs are reported as checks. */
  readonly asked: AskedKinds;
}

/** `ignore`, or `rerun-failed`. */
export type Redelivery = (typeof redeliveries)[number];

const redeliveries = ["ignore", "rerun-failed"] as const;

/** A source as it is written, with its values read. */
export interface WrittenSource {
  readonly kind: string;
  readonly secrets: readonly string[];
  readonly path: readonly string[];
  readonly options: unknown;
  readonly redelivery: Redelivery;
}

/** Returns the schema of the sources by their names, for these kinds. */
export function sourcesSchema(receivers: readonly Receiver[]): z.ZodType<Readonly<Record<string, WrittenSource>>> {
  const [first, ...rest] = receivers.map((receiver) =>
    z.strictObject({
      kind: z.literal(receiver.name),
      secrets: oneOrMore(secretReference())
        .default([])
        .describe("take requests that one of these secrets proves; several are valid at once while one replaces another"),
      path: oneOrMore(secretReference())
        .default([])
        .describe("make the address of these keys, for requests that prove nothing (default: each secret)"),
      options: optionsOf(receiver),
      redelivery: z
        .enum(redeliveries)
        .default("ignore")
        .describe("do nothing about a delivery that comes again, or repeat those of its runs that have failed"),
    }),
  );
  if (first === undefined) throw new TypeError("there are no receivers");
  return z.record(entryName(), z.discriminatedUnion("kind", [first, ...rest]));
}

/** Options that a kind does not need may be left out; unknown ones are errors. */
function optionsOf({ options }: Receiver): z.ZodType {
  const type = options instanceof z.ZodObject ? options.strict() : options;
  return (type.safeParse({}).success ? type.prefault({} as never) : type).describe("set these options of the kind");
}

/** Returns the sources as they are used, of which nothing is asked yet. */
export function resolveSources(
  written: Readonly<Record<string, WrittenSource>>,
  receivers: readonly Receiver[],
): readonly Omit<Source, "asked">[] {
  return Object.entries(written).map(([name, { kind, ...rest }]) => {
    const receiver = receivers.find((each) => each.name === kind);
    if (receiver === undefined) throw new TypeError(`there is no receiver ${kind}`);
    return { name, receiver, ...rest, readAgain: proofOf(receiver, rest) === "path" };
  });
}

/** Returns the sources with what these routes ask of them. The events for which a run waits may come from any source: a wait names none. */
export function askSources(
  sources: readonly Omit<Source, "asked">[],
  routes: readonly { readonly when: When; readonly pipeline: Pick<Pipeline, "steps">; readonly reports: Pick<RouteReports, "names"> }[],
): readonly Source[] {
  const waited = routes.flatMap(({ pipeline }) => pipeline.steps.flatMap(({ wakesOn = [] }) => wakesOn));
  return sources.map((source) => {
    const own = routes.filter(({ when }) => when.source === source.name);
    const isCheck = own.some(({ reports: { names } }) => names.includes("check") || names.includes("auto"));
    const kinds = [...own.map(({ when }) => when.kind), ...waited, ...(isCheck ? ["rerun" as const] : [])];
    return { ...source, asked: new Set(kinds.filter((each) => !source.readAgain || !needsProof(each))) };
  });
}

/** Returns what is wrong with sources beyond their form: one that nothing would prove does not start. */
export function checkSources(sources: unknown, receivers: readonly Receiver[]): readonly Problem[] {
  if (typeof sources !== "object" || sources === null) return [];
  const schema = sourcesSchema(receivers);
  return Object.entries(sources).flatMap(([name, source]) => {
    // under a name that is right: what is wrong with its own is told by the schema
    const { source: parsed } = schema.safeParse({ source: source as unknown }).data ?? {};
    const receiver = receivers.find((each) => each.name === parsed?.kind);
    return parsed === undefined || receiver === undefined ? [] : checkSource(["sources", name], receiver, parsed);
  });
}

/** What routes may ask of a source. */
export interface SourceEvents {
  /** The kinds of events that it makes, or can make; undefined where its own kind is not known. */
  readonly kinds: Receiver["events"] | undefined;
  /** Nothing but its path proves a delivery. */
  readonly readAgain: boolean;
  /** Its pushes say who has pushed, or its own kind is not known. */
  readonly namesAuthor: boolean;
}

/** Returns what each source sends, of sources as they were written. */
export function eventsOfSources(sources: unknown, receivers: readonly Receiver[]): ReadonlyMap<string, SourceEvents> {
  const entries = typeof sources === "object" && sources !== null ? Object.entries(sources as Readonly<Record<string, unknown>>) : [];
  const schema = sourcesSchema(receivers);
  return new Map(
    entries.map(([name, source]) => {
      const { kind } = (source ?? {}) as { readonly kind?: unknown };
      const receiver = receivers.find((each) => each.name === kind);
      const written = readOne(schema, name, source);
      const readAgain = receiver !== undefined && written !== undefined && proofOf(receiver, written) === "path";
      const namesAuthor = receiver === undefined || receiver.namesAuthor === true;
      return [name, { kinds: receiver && [...receiver.events, ...(receiver.onRequest ?? [])], readAgain, namesAuthor }] as const;
    }),
  );
}

/** Returns a source if it has its form. Its name may be `__proto__`, which is none. */
function readOne(schema: ReturnType<typeof sourcesSchema>, name: string, source: unknown): WrittenSource | undefined {
  const read = schema.safeParse({ [name]: source }).data ?? {};
  return Object.hasOwn(read, name) ? read[name] : undefined;
}

function checkSource(path: Path, receiver: Receiver, source: WrittenSource): readonly Problem[] {
  const { secrets, path: keys } = source;
  switch (proofOf(receiver, source)) {
    case "secret":
      return secrets.length > 0 ? [] : [{ path, message: "it has no secrets: no request could be proven" }];
    case "provider":
      return secrets.length + keys.length > 0 ? [] : [{ path, message: noAddress }];
    case "path":
      if (secrets.length > 0)
        return [{ path: [...path, "secrets"], message: "requests of this kind prove nothing by a secret: name the key of its path" }];
      return keys.length > 0 ? [] : [{ path, message: noAddress }];
  }
}

const noAddress = "it has no path: name where the key of its address is";

/** A receiver is asked by the number of secrets: their values are not revealed to read a configuration. */
function proofOf(receiver: Receiver, { secrets, options }: Pick<WrittenSource, "secrets" | "options">): Proof {
  return receiver.proof({ secrets: secrets.map((reference) => Buffer.from(reference)), options });
}
