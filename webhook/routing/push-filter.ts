import { areOurs, isOurComment, skipWords, wantsNoRun } from "../../src/core/change/mark.ts";
import { branchPrefix } from "../../src/core/change/identity.ts";
import type { Event } from "../../src/core/event.ts";
import type { PushEvent } from "../../src/core/event/git.ts";
import { readDeploymentFacts, readPushFacts, type PushFacts } from "../receiver/push-facts.ts";
import type { When } from "../config/when.ts";
import { matchesGlobs } from "./glob.ts";

/** What a route wants of a push beside its repository and branch. */
export interface PushFilter {
  /** Patterns of paths; those that begin with `!` take paths out. Undefined: any push will do. */
  readonly paths: readonly string[] | undefined;
  /** Patterns of paths that count as well, whatever `paths` takes out. */
  readonly shared: readonly string[];
  /** Patterns of the account that has pushed. */
  readonly author: readonly string[] | undefined;
  /** What the route writes could start it again: a push that is all ours makes no run of it. */
  readonly loops: boolean;
}

/** Returns what a route wants of a push. */
export function pushFilter(when: When, loops: boolean): PushFilter {
  const { paths, shared, author } = when as {
    readonly paths?: readonly string[];
    readonly shared?: readonly string[];
    author?: readonly string[];
  };
  return { paths, shared: shared ?? [], author, loops };
}

/** Tells whether a filter has to know more of a push than its events say. */
function needsFacts({ paths, author, loops }: PushFilter): boolean {
  return paths !== undefined || author !== undefined || loops;
}

/**
 * Returns why a route makes no run of an event, of which this is known. Undefined: it makes one, which reads what is not known. A pull request from a
 * branch of ours is ours, whoever merges it; and so is a new branch of ours, unless it has a commit of somebody else.
 */
export function whyUnwanted(filter: PushFilter, event: Event, facts: (event: Event) => PushFacts | undefined): string | undefined {
  if (filter.loops && event.kind === "pull-request" && event.branch.startsWith(branchPrefix)) return "its branch is fairlead's own";
  if (event.kind === "comment" && isOurComment(event.text)) return "it is fairlead's own comment";
  if (filter.loops && event.kind === "check" && event.context.startsWith(reportPrefix)) return "it is fairlead's own report";
  if (filter.loops && event.kind === "deployment" && facts(event)?.ours === true) return "it is fairlead's own deployment";
  if (event.kind !== "push") return undefined;
  const known = facts(event);
  const { created } = known ?? {};
  if (filter.loops && isNewBranchOfOurs(event) && created?.every((each) => areOurs([each])) === true) return allOurs;
  if (known !== undefined) return whyUnwantedPush(filter, known);
  return filter.author === undefined ? undefined : unknownAuthor;
}

/** The names of all statuses and checks that report a run begin so. */
export const reportPrefix = "fairlead/";

/** Tells whether a push has made a branch that only fairlead makes. What such a branch had before its commits is no news. */
export function isNewBranchOfOurs(event: PushEvent): boolean {
  return event.before === null && event.branch.startsWith(branchPrefix);
}

const allOurs = "all its commits are fairlead's own";
const unknownAuthor = "the source does not say who has pushed";

function whyUnwantedPush(filter: PushFilter, { author, head, messages, paths }: PushFacts): string | undefined {
  if (head !== undefined && wantsNoRun(head))
    return `its message says ${skipWords.find((words) => head.toLowerCase().includes(words)) ?? "skip-checks: true"}`;
  if (filter.author !== undefined && (author === undefined || !fitsSome(lowered(filter.author), author.toLowerCase())))
    return author === undefined ? unknownAuthor : `author is ${JSON.stringify(author)}, none of ${filter.author.join(", ")}`;
  return whyUnwantedCommits(filter, messages !== undefined && areOurs(messages), paths);
}

/** Returns why a route makes no run of commits that have changed these paths, and are all fairlead's own or not known to be. */
export function whyUnwantedCommits(
  { paths: wanted, shared, loops }: PushFilter,
  isOurs: boolean,
  paths: readonly string[] | undefined,
): string | undefined {
  if (loops && isOurs) return allOurs;
  if (wanted === undefined || paths === undefined) return undefined;
  const fits = (path: string): boolean => fitsSome(wanted, path) || (shared.length > 0 && fitsSome(shared, path));
  return paths.some(fits) ? undefined : `it changes no path of ${[...wanted, ...shared].join(", ")}`;
}

/** Accounts are the same in any case. */
function lowered(patterns: readonly string[]): readonly string[] {
  return patterns.map((each) => each.toLowerCase());
}

/** Patterns that only take out are those of everything else. */
function fitsSome(patterns: readonly string[], text: string): boolean {
  return matchesGlobs(patterns.every((each) => each.startsWith("!")) ? ["**", ...patterns] : patterns, text);
}

/** Returns what a delivery's body says of each of its pushes, and of a deployment. It is read at the first need, if it may say anything at all. */
export function factsOf(body: Uint8Array, filters: readonly PushFilter[]): (event: Event) => PushFacts | undefined {
  let read: ReturnType<typeof readPushFacts> | undefined;
  const isNeeded = filters.some(needsFacts) || mentionsSkip(body);
  return (event) => {
    if (event.kind === "deployment") return isNeeded ? readDeploymentFacts(body) : undefined;
    return event.kind === "push" && isNeeded ? (read ??= readPushFacts(body))(event) : undefined;
  };
}

/** To look for words costs less than to read a body, of which most have none. */
function mentionsSkip(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  return /(skip|no|ci|actions)( |\+|%20)(ci|skip|actions)|no_ci|skip-checks/i.test(bytes);
}
