// What an App has to be allowed for the routes of a configuration, and what it is to be told of.
import type { AppPermissions, PermissionLevel } from "../../src/core/git/app-provider.ts";
import type { Event } from "../../src/core/event.ts";
import type { Permission } from "../../src/core/permission.ts";
import { reporterNamed } from "../../src/core/reporter-named.ts";
import { reporters } from "../../src/reporters/index.ts";
import type { ListenerConfig, Route } from "../config.ts";
import { newReports } from "../config/reports.ts";
import { subjectOf } from "../report/subject.ts";
import { boundEventsOf, isPattern } from "./bound.ts";
import { appPermissions, mergePermissions } from "./permissions.ts";
import { targetsOf, type AppPlace, type Target } from "./targets.ts";

/** Why a permission is needed. */
export type NeedFor = {
  readonly route: string;
  readonly pipeline: string;
  /** A step, `clone`, a report, or the event that is received. */
  readonly step: string;
  /** `github.com/acme/fleet`. */
  readonly repository: string;
};

/** A permission in the provider's words, the level that is needed, and why. */
export interface Need {
  readonly permission: string;
  readonly needs: PermissionLevel;
  readonly for: readonly NeedFor[];
}

/** Tells whether a repository is one that the App is for. */
export type Covers = (repository: string) => boolean;

const all: Covers = () => true;

/** Returns the permissions that the routes need in the App's repositories, by their names. What they are for is in the order of the routes. */
export function needsOf(
  { routes, sources }: Pick<ListenerConfig, "routes" | "sources">,
  place: AppPlace,
  covers: Covers = all,
): readonly Need[] {
  const own = new Set(sources.filter(({ receiver }) => receiver === place.receiver).map(({ name }) => name));
  const needed = routes.flatMap((route) => [
    ...targetsOf(route, place).flatMap((target) => needsAt(route, target, place)),
    ...reportNeeds(route, place),
    ...(own.has(route.when.source) ? eventNeeds(route, place) : []),
  ]);
  const found = needed.filter(({ why }) => covers(why.repository));
  const merged = mergePermissions(found.map(({ permissions }) => permissions));
  return [...merged].map(([permission, needs]) => ({
    permission,
    needs,
    for: found.flatMap(({ permissions, why }) => (permissions.has(permission) ? [why] : [])),
  }));
}

/** Returns the permissions alone. */
export function permissionsOf(needs: readonly Need[]): AppPermissions {
  return new Map(needs.map(({ permission, needs: level }) => [permission, level]));
}

/**
 * Returns the provider's events that routes of its sources start at, and of those that a run looks at again the ones for which no permission more is
 * needed. A run that opens a pull request follows it, and the button of a check that an App may write asks for its run anew.
 */
export function eventsOf(config: Pick<ListenerConfig, "routes" | "sources">, place: AppPlace, covers: Covers = all): readonly string[] {
  const { routes, sources } = config;
  const own = new Set(sources.filter(({ receiver }) => receiver === place.receiver).map(({ name }) => name));
  const steps = routes.flatMap((route) => targetsOf(route, place).flatMap((target) => (covers(target.repository) ? target.steps : [])));
  const woken = steps.flatMap(({ needs, wakesOn = [] }) => (needs.includes(opening) ? [...wakesOn, "pull-request" as const] : wakesOn));
  const asked = (kinds: readonly Event["kind"][]): readonly { readonly event: string; readonly permission: string }[] =>
    kinds.flatMap((kind) => place.receiver.subscriptions?.[kind] ?? []);
  const granted = permissionsOf(needsOf(config, place, covers));
  const started = asked(routes.flatMap(({ when }) => (own.has(when.source) && startsAt(when, covers) ? [when.kind] : [])));
  const further = asked(woken).filter(({ permission }) => granted.has(permission));
  const pressed = asked(["rerun"]).filter(({ permission }) => granted.get(permission) === "write");
  return [...new Set([...started, ...further, ...pressed].map(({ event }) => event))].sort();
}

function startsAt(when: Route["when"], covers: Covers): boolean {
  return boundEventsOf(when).some(({ event, told }) => !("repository" in event) || covers(told(String(event.repository))));
}

/** Returns the repositories that the permissions are needed in, but of all those of an owner nothing is known. */
export function repositoriesIn(needs: readonly Need[]): readonly string[] {
  const names = needs.flatMap(({ for: uses }) => uses.map(({ repository }) => repository));
  return [...new Set(names)].filter((name) => !isPattern(name)).sort();
}

const opening: Permission = "pull-requests:write";

interface Found {
  readonly permissions: AppPermissions;
  readonly why: NeedFor;
}

function needsAt({ name, pipeline }: Route, { repository, steps }: Target, { kind }: AppPlace): readonly Found[] {
  return steps.flatMap((step) => {
    const permissions = appPermissions(kind.permissions, step.needs);
    return permissions.size === 0 ? [] : [{ permissions, why: { route: name, pipeline: pipeline.name, step: step.name, repository } }];
  });
}

/** What is told of a run is told where its commit is: with an App, `auto` is a check. */
function reportNeeds({ name, pipeline, when, reports }: Route, { kind, serves }: AppPlace): readonly Found[] {
  return boundEventsOf(when).flatMap(({ event, told: toldAs }) => {
    const { repository } = subjectOf(event) ?? { repository: "" };
    const host = repository.split("/", 1)[0] ?? "";
    const told = serves(host) ? newReports({ ...reports, credentials: { [host]: { app: "" } } }, event) : undefined;
    return (told?.reporters ?? []).flatMap((each) => {
      const permissions = appPermissions(kind.permissions, reporterNamed(each, reporters).needs);
      return permissions.size === 0
        ? []
        : [{ permissions, why: { route: name, pipeline: pipeline.name, step: `report ${each}`, repository: toldAs(repository) } }];
    });
  });
}

function eventNeeds({ name, pipeline, when }: Route, { receiver }: AppPlace): readonly Found[] {
  const repositories = boundEventsOf(when).flatMap(({ event, told }) => ("repository" in event ? [told(String(event.repository))] : []));
  return (receiver.subscriptions?.[when.kind] ?? []).flatMap(({ event, permission }) =>
    repositories.map((repository) => ({
      permissions: new Map([[permission, "read"]] as const),
      why: { route: name, pipeline: pipeline.name, step: `event ${event}`, repository },
    })),
  );
}
