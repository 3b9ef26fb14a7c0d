/** Reads an event that was sent in our own words. What may be null may be left out; what is no field of the event is not passed on. */
import type { Event } from "../../src/core/event.ts";
import { isDigest } from "../../src/core/image/image.ts";
import { field, list, malformed, needBoolean, needInteger, needText, needTextOrEmpty, text } from "./json.ts";
import { imagePushed, pullRequestChanged } from "./parsed.ts";
import { conclusions } from "./conclusions.ts";
import { fromFork } from "./from-fork.ts";
import type { AskedKinds, EventBody } from "./receiver.ts";
import { branchPushed, isZero, tagPushed } from "./refs.ts";

/**
 * Returns the event, or undefined if its kind is none of ours, or one that nobody asks for, it is a deletion, or an image without tag and digest.
 * Throws `input` when it lacks a field of its kind.
 */
export function readEventBody(entry: unknown, asked: AskedKinds): EventBody | undefined {
  const kind = text(entry, "kind") ?? "";
  const found = [...readers, ...onRequest].find(([name]) => name === kind && (readers.has(name) || asked.has(name)));
  return found?.[1](entry);
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

const onRequest = new Map<Event["kind"], Reader>([
  ["release", readReleased],
  ["image-build", readBuilt],
  ["deployment", readDeployed],
  ["workflow", readWorkflowState],
  ["check", readCheckState],
]);

/** The kinds that can be sent in our own words. */
export const sentKinds: readonly Event["kind"][] = [...readers.keys()];

/** The kinds that can be sent so where somebody asks for them. What is ours alone to say, or anybody's to write, is none of them. */
export const sentOnRequest: readonly Event["kind"][] = [...onRequest.keys()];

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

function readReleased(entry: unknown): EventBody {
  const action = needOneOf(["published"], entry, "action");
  const about = { repository: needText(entry, "repository"), tag: needText(entry, "tag") };
  return { kind: "release", ...about, action, prerelease: needBoolean(entry, "prerelease") };
}

function readBuilt(entry: unknown): EventBody {
  const tags = (list(entry, "tags") ?? []).map((tag) => needText({ tag }, "tag"));
  const digest = text(entry, "digest");
  if (digest !== undefined && !isDigest(digest)) throw malformed("digest is no digest");
  const [repository, ref, commit] = ["repository", "ref", "commit"].map((name) => text(entry, name) ?? null);
  const state = needOneOf(["succeeded"], entry, "state");
  const built = { id: needText(entry, "id"), image: needText(entry, "image"), tags, digest: digest ?? null };
  return { kind: "image-build", ...built, repository: repository!, ref: ref!, commit: commit!, state };
}

function readDeployed(entry: unknown): EventBody {
  const state = needOneOf(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"], entry, "state");
  const [branch, pullRequest] = [text(entry, "branch"), field(entry, "pullRequest")];
  return {
    kind: "deployment",
    ...{ repository: needText(entry, "repository"), id: needText(entry, "id"), environment: needText(entry, "environment"), state },
    ...{ commit: hash(needText(entry, "commit")), ref: needText(entry, "ref"), url: text(entry, "url") ?? null },
    ...(branch !== undefined && { branch }),
    ...(Number.isSafeInteger(pullRequest) && { pullRequest: pullRequest as number }),
    ...fromFork(field(entry, "fork") === true),
  };
}

function readWorkflowState(entry: unknown): EventBody {
  const state = needOneOf(["requested", "in_progress", "completed"], entry, "state");
  const conclusion = state === "completed" ? needOneOf(conclusions, entry, "conclusion") : null;
  const about = { repository: needText(entry, "repository"), id: needText(entry, "id"), name: needText(entry, "name"), state, conclusion };
  return { kind: "workflow", ...about, commit: hash(needText(entry, "commit")), ...fromFork(field(entry, "fork") === true) };
}

function readCheckState(entry: unknown): EventBody {
  const state = needOneOf(["error", "failure", "pending", "success"], entry, "state");
  const about = { repository: needText(entry, "repository"), commit: hash(needText(entry, "commit")), context: needText(entry, "context") };
  return { kind: "check", ...about, state, ...fromFork(field(entry, "fork") === true) };
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
