import type { Event } from "../../src/core/event.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import type { Path } from "../../src/config/document.ts";
import { meant, type Problem } from "../../src/config/problem.ts";
import { eventKindNames } from "../routing/event-kinds.ts";
import { boundEvents, checkWith } from "./check-with.ts";
import { checkText } from "./check-text.ts";
import { whyNoEvidence } from "./evidence.ts";
import { checkGate } from "./gate.ts";
import { checkGatedSource } from "./gated-source.ts";
import { laneOf, policyOf } from "./lane.ts";
import { checkSelfService } from "./self-service.ts";
import { checkTrust } from "./trust.ts";
import { whenSchema, type When } from "./when.ts";
import type { SourceEvents } from "./sources.ts";
import { readableValues, type WithValues } from "./with.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The sources by their names. */
type Sources = ReadonlyMap<string, SourceEvents>;

/** What routes are checked against: the pipelines, and what else the configuration says, as it was written. */
interface Against {
  readonly pipelines: readonly Pipeline[];
  readonly credentials: unknown;
  readonly environments?: unknown;
}

/**
 * Returns what is wrong with routes beyond their form: a source that is not there or never makes such events, a name that is taken, values that
 * the pipeline would not take, and a lane with two policies. It takes the routes as they were written: of what has no form, the rest is looked at.
 */
export function checkRoutes(routes: unknown, sources: Sources, against: Against): readonly Problem[] {
  if (!Array.isArray(routes)) return [];
  const written = routes.map((route: unknown, index) => ({ path: ["routes", index], route: fieldsOf(route) }));
  return [
    ...written.flatMap(({ path, route }) => checkRoute(path, route, sources, against)),
    ...checkNames(written),
    ...checkPolicies(written),
  ];
}

function checkRoute(path: Path, route: Fields, sources: Sources, { pipelines, credentials, environments }: Against): readonly Problem[] {
  const when = whenOf(route);
  const pipeline = pipelines.find(({ name }) => name === route.run);
  const given = pipeline === undefined ? undefined : readableValues(pipeline, route.with);
  const kind = when?.kind ?? kindOf(route);
  return [
    ...(pipeline === undefined || given === undefined ? [] : checkWith([...path, "with"], pipeline, given, kind, when)),
    ...(typeof route.lane === "string" ? checkText([...path, "lane"], route.lane, kind) : []),
    ...checkSource(path, route, sources),
    ...checkShared(path, route),
    ...checkGate(path, route.gate, kind),
    ...checkSelfService(path, { pipeline, repository: fieldsOf(route.when).repository, listed: route["from-repository"], credentials }),
    ...checkAuthor(path, route, sources),
    ...(route.waitForImage === undefined || pipeline === undefined || "waitForImage" in pipeline.input.shape
      ? []
      : [{ path: [...path, "waitForImage"], message: `${pipeline.name} waits for no image` }]),
    ...(pipeline === undefined || given === undefined || when === undefined
      ? []
      : [
          ...checkEvidence(path, pipeline, given.values, when, sources),
          ...checkTrust(path, { pipeline, kind: when.kind, forks: when.forks === true, given: given.values }),
          ...checkGatedSource(path, {
            ...{ pipeline, values: given.values, when, gate: route.gate, listed: route["from-repository"], environments },
          }),
        ]),
    ...(route.cancelRunning === true && kind !== undefined && policyIn(route, kind) === "every"
      ? [{ path: [...path, "cancelRunning"], message: "a lane with policy every stops nothing" }]
      : []),
  ];
}

function checkSource(path: Path, route: Fields, sources: Sources): readonly Problem[] {
  const { source } = fieldsOf(route.when);
  if (typeof source !== "string") return [];
  if (!sources.has(source)) {
    return [{ path: [...path, "when", "source"], message: `there is no source "${source}"${meant(source, [...sources.keys()])}` }];
  }
  const [kinds, kind] = [sources.get(source)?.kinds, kindOf(route)];
  if (kinds === undefined || kind === undefined || kinds.includes(kind)) return [];
  return [{ path: [...path, "when", "kind"], message: `source "${source}" makes no such events: expected ${listed(kinds)}` }];
}

function checkShared(path: Path, { when }: Fields): readonly Problem[] {
  const { shared, paths } = fieldsOf(when);
  return shared === undefined || paths !== undefined
    ? []
    : [{ path: [...path, "when", "shared"], message: "it adds to paths, and there are none" }];
}

/** A route that asks for who has pushed would make no run of a source that never says it. */
function checkAuthor(path: Path, { when }: Fields, sources: Sources): readonly Problem[] {
  const { source, author } = fieldsOf(when);
  if (author === undefined || typeof source !== "string" || sources.get(source)?.namesAuthor !== false) return [];
  return [{ path: [...path, "when", "author"], message: `source "${source}" never says who has pushed: leave it out` }];
}

/** What only an address proves is read again before anything is done: a route for which that cannot be takes nothing. */
function checkEvidence(path: Path, pipeline: Pipeline, values: WithValues, when: When, sources: Sources): readonly Problem[] {
  const { kinds, readAgain } = sources.get(when.source) ?? { kinds: [], readAgain: false };
  if (!readAgain || kinds?.includes(when.kind) !== true) return [];
  const message = whyNoEvidence(pipeline, values, when.kind, boundEvents(when));
  return message === undefined ? [] : [{ path: [...path, "when", "source"], message }];
}

function listed(kinds: readonly string[]): string {
  return kinds.join(", ").replace(/, ([^,]*)$/, " or $1");
}

function checkNames(routes: readonly { readonly path: Path; readonly route: Fields }[]): readonly Problem[] {
  const names = routes.map(({ route }) => route.name);
  return routes
    .filter(({ route: { name } }, index) => typeof name === "string" && names.indexOf(name) < index)
    .map(({ path }) => ({ path: [...path, "name"], message: "another route has this name" }));
}

/** Lanes of one text are one lane. Those of different texts may meet at some event: the store takes a lane's policy from its first run. */
function checkPolicies(routes: readonly { readonly path: Path; readonly route: Fields }[]): readonly Problem[] {
  const first = new Map<string, { readonly policy: string; readonly name: string }>();
  return routes.flatMap(({ path, route }): readonly Problem[] => {
    const kind = kindOf(route);
    if (kind === undefined || typeof route.name !== "string") return [];
    const lane = laneOf(route.name, kind, typeof route.lane === "string" ? route.lane : undefined).replace(
      /\$\{\{\s*([^\s$}]+)\s*\}\}/g,
      "${{ $1 }}",
    );
    const policy = policyIn(route, kind);
    const other = first.get(lane);
    if (other === undefined) first.set(lane, { policy, name: route.name });
    if (other === undefined || other.policy === policy) return [];
    const at = route.policy === undefined ? "lane" : "policy";
    return [
      { path: [...path, at], message: `the lane has policy ${other.policy} in route "${other.name}", and ${policy} here: it can have one` },
    ];
  });
}

function policyIn({ policy }: Fields, kind: Event["kind"]): "newest" | "every" {
  return policyOf(kind, policy === "newest" || policy === "every" ? policy : undefined);
}

function whenOf({ when }: Fields): When | undefined {
  return whenSchema.safeParse(when).data;
}

function kindOf({ when }: Fields): Event["kind"] | undefined {
  const { kind } = fieldsOf(when);
  return eventKindNames.find((each) => each === kind);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
