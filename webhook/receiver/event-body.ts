/** Reads an event that was sent in our own words. What may be null may be left out; what is no field of the event is not passed on. */
import type { Event } from "../../src/core/event.ts";
import { malformed, needBoolean, needInteger, needText, needTextOrEmpty, text } from "./json.ts";
import { imagePushed, pullRequestChanged } from "./parsed.ts";
import type { EventBody } from "./receiver.ts";
import { branchPushed, isZero, tagPushed } from "./refs.ts";

/**
 * Returns the event, or undefined if its kind is none of ours, it is a deletion, or an image without tag and digest.
 * Throws `input` when it lacks a field of its kind.
 */
export function readEventBody(entry: unknown): EventBody | undefined {
  return (readers as ReadonlyMap<string, Reader>).get(text(entry, "kind") ?? "")?.(entry);
}

type Reader = (entry: unknown) => EventBody | undefined;

const readers = new Map<Event["kind"], Reader>([
  ["push", readBranch],
  ["tag", readTag],
  ["image", (entry) => imagePushed(needText(entry, "image"), text(entry, "tag"), text(entry, "digest"))],
  ["pull-request", readPull],
  ["reconciliation", readReconciliation],
  ["stage", readStage],
]);

/** The kinds that can be sent in our own words. */
export const sentKinds: readonly Event["kind"][] = [...readers.keys()];

function readBranch(entry: unknown): EventBody | undefined {
  const commit = hash(needText(entry, "commit"));
  const push = branchPushed(needText(entry, "repository"), needText(entry, "branch"), commit, hash(text(entry, "before")));
  return isZero(commit) ? undefined : push;
}

function readTag(entry: unknown): EventBody | undefined {
  const commit = hash(text(entry, "commit"));
  const push = tagPushed(needText(entry, "repository"), needText(entry, "tag"), commit);
  return commit !== undefined && isZero(commit) ? undefined : push;
}

function readPull(entry: unknown): EventBody {
  const change = {
    repository: needText(entry, "repository"),
    number: needInteger(entry, "number"),
    action: needOneOf(["opened", "updated", "merged", "closed"], entry, "action"),
    branch: needText(entry, "branch"),
    commit: needText(entry, "commit"),
    base: needText(entry, "base"),
    fork: needBoolean(entry, "fork"),
  };
  return pullRequestChanged(change, text(entry, "mergeCommit"));
}

function readReconciliation(entry: unknown): EventBody {
  const [object, revision] = [needText(entry, "object"), needText(entry, "revision")];
  return { kind: "reconciliation", object, revision, ready: needBoolean(entry, "ready"), message: needTextOrEmpty(entry, "message") };
}

function readStage(entry: unknown): EventBody {
  const state = needOneOf(["starting", "succeeded", "failed", "canceled"], entry, "state");
  const [stage, commit] = [text(entry, "stage") ?? null, text(entry, "commit") ?? null];
  return { kind: "stage", pipeline: needText(entry, "pipeline"), stage, state, commit };
}

function needOneOf<const T extends string>(values: readonly T[], entry: unknown, name: string): T {
  const given = needText(entry, name);
  const found = values.find((each) => each === given);
  if (found === undefined) throw malformed(`${name} is none of ${values.join(", ")}`);
  return found;
}

/** Returns the hash. Throws `input` unless it has forty digits. */
function hash<T extends string | undefined>(given: T): T {
  if (given !== undefined && !/^[0-9a-f]{40}$/.test(given)) throw malformed("a hash has forty hexadecimal digits");
  return given;
}
