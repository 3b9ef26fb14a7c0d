// What runs of a route do, and in which repositories of an App's provider.
import type { z } from "zod";
import type { Event } from "../../src/core/event.ts";
import { formatRepository } from "../../src/core/git/repository.ts";
import type { GitProviderKind } from "../../src/core/git/provider.ts";
import type { Permission } from "../../src/core/permission.ts";
import { fieldMeta } from "../../src/core/run/input.ts";
import { repositoriesOf } from "../../src/core/run/parsed-input.ts";
import type { Route } from "../config.ts";
import { fillValues } from "../config/fill.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { boundEventsOf, type BoundEvent } from "./bound.ts";

/** The provider that an App is of, where it is, and the kind of source that its deliveries come to. */
export interface AppPlace {
  readonly kind: GitProviderKind;
  readonly receiver: Receiver;
  /** Tells whether a host is the provider's: an App is known there alone. */
  readonly serves: (host: string) => boolean;
}

/** A repository that runs of a route reach, and what is done there. */
export interface Target {
  readonly repository: string;
  readonly steps: readonly {
    readonly name: string;
    readonly needs: readonly Permission[];
    readonly wakesOn?: readonly Event["kind"][];
  }[];
}

const clone = { name: "clone", needs: ["contents:read"] } as const;

/**
 * Each step says where it acts: in the repository of the event, or where the pipeline writes. Where that writes nowhere, it is each of its repositories;
 * all others are read.
 */
export function targetsOf(route: Route, { serves }: AppPlace): readonly Target[] {
  const { pipeline } = route;
  const events = boundEventsOf(route.when);
  const found = events.flatMap((bound) => repositoriesAt(route, bound));
  const writes = found.some(({ written }) => written);
  const { event: gate = [], input: steps = [] } = Object.groupBy(pipeline.steps, ({ at = "input" }) => at);
  const ofEvents = gate.length === 0 ? [] : events.flatMap((bound) => ofEvent(bound).map((each) => ({ ...each, steps: gate })));
  const ofInput = found.map((each) => ({ ...each, steps: each.written ? steps : writes ? [clone] : [clone, ...steps] }));
  const distinct = new Map([...ofEvents, ...ofInput].map((each) => [`${each.field} ${each.repository}`, each]));
  return [...distinct.values()].filter(({ host }) => serves(host)).map(({ repository, steps: own }) => ({ repository, steps: own }));
}

interface Reached {
  /** Of the pipeline's input; empty for the repository of the event. */
  readonly field: string;
  readonly host: string;
  readonly repository: string;
  readonly written: boolean;
}

function ofEvent({ event, told }: BoundEvent): readonly Reached[] {
  const repository = "repository" in event ? String(event.repository) : "";
  const [host = ""] = repository.split("/", 1);
  return repository === "" ? [] : [{ field: "", host, repository: told(repository), written: false }];
}

function repositoriesAt({ pipeline, with: values }: Route, { event, told }: BoundEvent): readonly Reached[] {
  const typeOf = (field: string): z.ZodType | undefined => pipeline.input.shape[field] as z.ZodType | undefined;
  const read = Object.entries(fillValues(pipeline, values, event)).map(([field, value]) => [field, typeOf(field)?.safeParse(value).data]);
  return repositoriesOf(pipeline.input, Object.fromEntries(read) as Readonly<Record<string, unknown>>).map(([field, each]) => {
    const type = typeOf(field);
    const written = type !== undefined && fieldMeta(type).written !== undefined;
    return { field, host: each.host, repository: told(formatRepository(each)), written };
  });
}
