// What runs of a route do, and in which repositories of an App's provider.
import type { z } from "zod";
import type { Event } from "../../src/core/event.ts";
import { formatRepository } from "../../src/core/git/repository.ts";
import type { GitProviderKind } from "../../src/core/git/provider.ts";
import type { Permission } from "../../src/core/permission.ts";
import { fieldMeta } from "../../src/core/run/input.ts";
import { repositoriesOf } from "../../src/core/run/parsed-input.ts";
import type { Route } from "../config.ts";
import { boundEvents } from "../config/check-with.ts";
import { fillValues } from "../config/fill.ts";
import type { Receiver } from "../receiver/receiver.ts";

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

/** The steps of a pipeline act where it writes; where it writes nowhere, in each of its repositories. All others are read. */
export function targetsOf(route: Route, { serves }: AppPlace): readonly Target[] {
  const { pipeline } = route;
  const found = boundEvents(route.when).flatMap((event) => repositoriesAt(route, event));
  const writes = found.some(({ written }) => written);
  const distinct = new Map(found.map((each) => [`${each.field} ${each.repository}`, each]));
  return [...distinct.values()]
    .filter(({ host }) => serves(host))
    .map(({ repository, written }) => ({ repository, steps: written ? pipeline.steps : writes ? [clone] : [clone, ...pipeline.steps] }));
}

interface Reached {
  readonly field: string;
  readonly host: string;
  readonly repository: string;
  readonly written: boolean;
}

function repositoriesAt({ pipeline, with: values }: Route, event: Event): readonly Reached[] {
  const typeOf = (field: string): z.ZodType | undefined => pipeline.input.shape[field] as z.ZodType | undefined;
  const read = Object.entries(fillValues(pipeline, values, event)).map(([field, value]) => [field, typeOf(field)?.safeParse(value).data]);
  return repositoriesOf(pipeline.input, Object.fromEntries(read) as Readonly<Record<string, unknown>>).map(([field, each]) => {
    const type = typeOf(field);
    const written = type !== undefined && fieldMeta(type).written !== undefined;
    return { field, host: each.host, repository: formatRepository(each), written };
  });
}
