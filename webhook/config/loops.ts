/** Routes whose runs could start them again: what one writes is what another, or itself, listens to. */
import type { z } from "zod";
import { branchPrefix } from "../../src/core/change/identity.ts";
import type { Event } from "../../src/core/event.ts";
import { formatRepository } from "../../src/core/git/repository.ts";
import { formatImageRepository, type ImageRef } from "../../src/core/image/image.ts";
import { imagesOf, repositoriesOf } from "../../src/core/run/parsed-input.ts";
import { fieldMeta } from "../../src/core/run/input.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { boundAs } from "../routing/conditions.ts";
import { matchesGlobs } from "../routing/glob.ts";
import { boundEvents, withNames } from "./check-with.ts";
import { fillValues, leavesOf } from "./fill.ts";
import { reportedAt, tells, type Reported } from "./own-reports.ts";
import type { WrittenRoute } from "./routes.ts";
import { boundNames, type When } from "./when.ts";
import { storedInput } from "./with.ts";

/** Returns the routes that could start each other without end, by their names: each list is a cycle, which begins with its first route. */
export function findLoops(routes: readonly WrittenRoute[], pipelines: readonly Pipeline[]): readonly (readonly string[])[] {
  const nodes = routes.map((route) => ({ route, writes: writesOf(route, pipelines) }));
  const next = new Map(
    nodes.map(({ route, writes }) => [
      route.name,
      nodes.filter((other) => writes.some((each) => starts(each, other.route))).map((other) => other.route.name),
    ]),
  );
  const cycles = nodes.flatMap(({ route }) => shortestCycle(route.name, next) ?? []);
  const keys = cycles.map((cycle) => cycle.toSorted().join(" "));
  return cycles.filter((_, at) => keys.indexOf(keys[at]!) === at);
}

/** Returns the shortest way from a route back to itself, in a list of one; undefined where there is none. */
function shortestCycle(from: string, next: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] | undefined {
  const seen = new Set<string>();
  for (let ways: readonly (readonly string[])[] = [[from]]; ways.length > 0;) {
    const longer = ways.flatMap((way) => (next.get(way.at(-1)!) ?? []).map((name) => ({ way, name })));
    const back = longer.find(({ name }) => name === from);
    if (back !== undefined) return [back.way];
    const fresh = longer.filter(({ name }) => !seen.has(name) && seen.add(name));
    ways = fresh.map(({ way, name }) => [...way, name]);
  }
  return undefined;
}

/** A repository or an image to which a route writes. `tags`: those that it gives; undefined where an event says them. */
interface Written {
  readonly name: string;
  readonly tags: readonly string[] | undefined;
  /** Of the repository of the event: what is reported of the run there. Undefined: its code is written. */
  readonly reported?: Reported;
  /** Of a repository: the branch that is changed, and whether that is done by branches of fairlead's own; undefined where it is not said. */
  readonly branch: { readonly name: string; readonly byPullRequest: boolean } | undefined;
}

/** The kinds of events that follow when somebody writes. */
const following: readonly Event["kind"][] = ["push", "pull-request", "image", "image-build"];

function starts({ name, tags, branch, reported }: Written, { when }: WrittenRoute): boolean {
  if (reported !== undefined) return boundNames(when).names.some((each) => boundAs(each, name) !== undefined) && tells(reported, when);
  if (!following.includes(when.kind) || !boundNames(when).names.some((each) => boundAs(each, name) !== undefined)) return false;
  if (branch !== undefined && !meets(branch, when)) return false;
  const patterns = when.kind === "image" ? (when.tag as readonly string[] | undefined) : undefined;
  return patterns === undefined || tags === undefined || tags.some((tag) => matchesGlobs(patterns, tag));
}

/** Tells whether a change of a branch is a push or a pull request that a route listens to. The names of fairlead's own branches are not known yet. */
function meets({ name, byPullRequest }: NonNullable<Written["branch"]>, { kind, branch, base }: When): boolean {
  const patterns = (kind === "pull-request" ? base : branch) as readonly string[];
  if (matchesGlobs(patterns, name)) return true;
  if (kind === "pull-request" || !byPullRequest) return false;
  return matchesGlobs(patterns, `${branchPrefix}app-${"0".repeat(12)}`) || patterns.some((each) => each.startsWith(branchPrefix));
}

function writesOf(route: WrittenRoute, pipelines: readonly Pipeline[]): readonly Written[] {
  const pipeline = pipelines.find(({ name }) => name === route.run);
  if (pipeline === undefined) return [];
  return boundEvents(route.when).flatMap((event) => writesAt(pipeline, route, event));
}

function writesAt(pipeline: Pipeline, route: WrittenRoute, event: Event): readonly Written[] {
  const shape = pipeline.input.shape as Readonly<Record<string, z.ZodType>>;
  const values = Object.fromEntries(
    Object.entries(route.with).filter(([field]) => shape[field] !== undefined && fieldMeta(shape[field]).written !== undefined),
  );
  const reported = reportedAt(route);
  const stored = storedInput(pipeline, fillValues(pipeline, values, withNames(event, leavesOf(values))));
  const fields = Object.entries(stored).filter(([field]) => isWritten(shape[field], stored));
  const read = Object.fromEntries(fields.map(([field, value]) => [field, shape[field]?.safeParse(value).data]));
  return [
    ...("repository" in event && event.repository !== null
      ? [{ name: event.repository, tags: undefined, branch: undefined, reported }]
      : []),
    ...repositoriesOf(pipeline.input, read).map(([field, each]) => ({
      name: formatRepository(each),
      tags: undefined,
      branch: branchOf(route, fieldMeta(shape[field]!).writtenBranch),
    })),
    ...imagesOf(pipeline.input, read).map((each) => ({ name: formatImageRepository(each), tags: tagsOf(route, each), branch: undefined })),
  ];
}

function isWritten(type: z.ZodType | undefined, stored: Readonly<Record<string, unknown>>): boolean {
  const written = type === undefined ? undefined : fieldMeta(type).written;
  return written === true || (typeof written === "string" && stored[written] === undefined);
}

/** Without a branch, the default one is changed, whose name is not known. */
function branchOf({ with: values }: WrittenRoute, field: string | undefined): Written["branch"] {
  const name = field === undefined ? undefined : values[field];
  return typeof name === "string" && !name.includes("${{") ? { name, byPullRequest: values.direct !== true } : undefined;
}

/** Of a build without a tag, the commit is the tag; of an image with one, it is as it is written or an event's. */
function tagsOf({ run, with: values }: WrittenRoute, { tag }: ImageRef): readonly string[] | undefined {
  const texts = [values.tags ?? [], run === "retag" ? [] : (values.image ?? [])].flat().map(String);
  if (texts.length === 0 || texts.some((each) => each.includes("${{"))) return undefined;
  const own = run === "retag" ? [] : [tag];
  return own.includes(undefined) ? undefined : [...([values.tags ?? []].flat() as string[]), ...own.filter((each) => each !== undefined)];
}
