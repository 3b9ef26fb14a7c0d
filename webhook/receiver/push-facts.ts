/** What the body of a push says beside its events, in the shapes of GitHub (Gitea's and GitLab's too), Bitbucket and Azure DevOps. Nothing is asked of anybody. */
import type { PushEvent } from "../../src/core/event/git.ts";
import { field, list, text, tryReadObject } from "./json.ts";
import { isZero } from "./refs.ts";

/** What is known of a push; undefined for what its body does not say, or not whole. */
export interface PushFacts {
  /** The account that has pushed, as its provider names it. */
  readonly author: string | undefined;
  /** The message of the new head. */
  readonly head: string | undefined;
  /** The messages of all commits that are new in the branch. */
  readonly messages: readonly string[] | undefined;
  /** The messages of the commits that are listed of a new branch: those that no other branch has. */
  readonly created: readonly string[] | undefined;
  /** The paths that they have changed. */
  readonly paths: readonly string[] | undefined;
  /** Of a deployment: one of our runs has made it (default: false). */
  readonly ours?: boolean;
}

/** Nothing is known. */
const noFacts: PushFacts = { author: undefined, head: undefined, messages: undefined, created: undefined, paths: undefined };

/** Returns whether a deployment is fairlead's own, by the run that it keeps in its payload. */
export function readDeploymentFacts(body: Uint8Array): PushFacts {
  const payload = field(bodyOf(body), "deployment", "payload");
  const run = text(payload, "run") ?? "";
  return { ...noFacts, ours: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(run) && list(payload, "images") !== undefined };
}

function bodyOf(body: Uint8Array): object | undefined {
  return tryReadObject(body) ?? tryReadObject(new URLSearchParams(Buffer.from(body).toString()).get("payload") ?? "");
}

/** GitHub lists no more commits: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const mostCommits = 2048;
/** Nor more files of a commit: https://docs.github.com/en/rest/commits/commits#get-a-commit */
const mostFiles = 3000;

/** Returns what a body says of the push that an event is of. A body that is a form has its JSON under `payload`. */
export function readPushFacts(body: Uint8Array): (event: Pick<PushEvent, "branch" | "commit">) => PushFacts {
  const value = bodyOf(body);
  if (value === undefined) return () => noFacts;
  if (list(value, "resource", "refUpdates") !== undefined) return (event) => ofUpdates(field(value, "resource"), event);
  const changes = list(value, "push", "changes");
  if (changes === undefined)
    return ({ commit }) => (text(value, "after") === commit ? ofPush(value) : { ...noFacts, author: authorOf(value) });
  return ({ branch, commit }) => {
    const change = changes.find((each) => text(each, "new", "name") === branch && text(each, "new", "target", "hash") === commit);
    return { ...ofChange(change), author: authorOf(value) };
  };
}

function ofPush(body: unknown): PushFacts {
  const commits = list(body, "commits") ?? [];
  const head =
    text(body, "head_commit", "message") ??
    text(
      commits.find((each) => text(each, "id") === text(body, "after")),
      "message",
    );
  const known = { author: authorOf(body), head };
  const messages = commits.map((each) => text(each, "message") ?? "");
  if (!isWhole(body, commits)) return { ...noFacts, ...known, created: isCreated(body) ? messages : undefined };
  const files = commits.flatMap((each) => ["added", "modified", "removed"].map((name) => list(each, name)));
  const isListed = files.every((each) => each !== undefined && each.length < mostFiles);
  const paths = isListed ? files.flatMap((each) => each ?? []).filter((each) => typeof each === "string") : undefined;
  return { ...known, messages, created: undefined, paths };
}

function isCreated(body: unknown): boolean {
  return list(body, "commits") !== undefined && isZero(text(body, "before") ?? "");
}

/** The list is that of the branch's difference: nothing was cut off, and the branch has grown out of what it was. */
function isWhole(body: unknown, commits: readonly unknown[]): boolean {
  const total = field(body, "total_commits_count") ?? field(body, "total_commits") ?? commits.length;
  const ends = [commits.at(0), commits.at(-1)].map((each) => text(each, "id"));
  const grown = !isZero(text(body, "before") ?? "0".repeat(40)) && field(body, "forced") !== true;
  return grown && total === commits.length && commits.length < mostCommits && ends.includes(text(body, "after"));
}

/** Bitbucket lists no files. https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#Push */
function ofChange(change: unknown): Omit<PushFacts, "author"> {
  const commits = list(change, "commits") ?? [];
  const whole =
    commits.length > 0 && field(change, "truncated") === false && field(change, "forced") === false && field(change, "created") === false;
  const messages = commits.map((each) => text(each, "message") ?? "");
  const isNew = field(change, "created") === true && field(change, "truncated") === false;
  const known = { messages: whole ? messages : undefined, created: isNew ? messages : undefined };
  return { head: text(change, "new", "target", "message"), ...known, paths: undefined };
}

/**
 * Azure DevOps lists some commits, the newest first, and neither the files nor whether these are all.
 * https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#git.push
 */
function ofUpdates(push: unknown, { commit }: Pick<PushEvent, "commit">): PushFacts {
  const head = (list(push, "commits") ?? []).find((each) => text(each, "commitId") === commit);
  return { ...noFacts, author: text(push, "pushedBy", "uniqueName") ?? text(push, "pushedBy", "displayName"), head: text(head, "comment") };
}

function authorOf(body: unknown): string | undefined {
  const ways = [["sender", "login"], ["user_username"], ["pusher", "login"], ["actor", "nickname"], ["actor", "name"], ["pusher", "name"]];
  return ways.map((way) => text(body, ...way)).find((each) => each !== undefined);
}
