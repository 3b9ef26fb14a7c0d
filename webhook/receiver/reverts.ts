/** What a delivery says that it takes back: a push by the messages of its commits, the merge of a pull request by its body. */
import type { EventBody } from "./receiver.ts";
import { field, text, tryReadObject } from "./json.ts";
import { readPushFacts } from "./push-facts.ts";

/** Bytes that are in the body of each such delivery: no other is read a second time. */
const hint = "everts ";

/** The most that one event names. */
const most = 100;

/** Returns the events, with what they take back. */
export function withReverts(events: readonly EventBody[], body: Uint8Array): readonly EventBody[] {
  const concerned = events.some(({ kind }) => kind === "push" || kind === "pull-request");
  return concerned && Buffer.from(body.buffer, body.byteOffset, body.length).includes(hint)
    ? events.map((each) => read(each, body))
    : events;
}

function read(event: EventBody, body: Uint8Array): EventBody {
  if (event.kind === "push") {
    const { messages = [], head } = readPushFacts(body)(event);
    const reverts = [...new Set([...messages, head ?? ""].flatMap(revertedCommits))].slice(0, most);
    return reverts.length === 0 ? event : { ...event, reverts };
  }
  if (event.kind !== "pull-request" || event.action !== "merged") return event;
  const reverts = revertedPull(event.repository, bodyOf(body));
  return reverts === undefined ? event : { ...event, reverts };
}

function bodyOf(body: Uint8Array): string {
  const value = tryReadObject(body) ?? tryReadObject(new URLSearchParams(Buffer.from(body).toString()).get("payload") ?? "");
  return text(field(value, "pull_request"), "body") ?? text(field(value, "object_attributes"), "description") ?? "";
}

/** What `git revert` writes: https://git-scm.com/docs/git-revert */
function revertedCommits(message: string): readonly string[] {
  return [...message.matchAll(/^This reverts commit ([0-9a-f]{64}|[0-9a-f]{40})/gm)].map(([, commit = ""]) => commit);
}

/**
 * What GitHub's button "Revert" writes, `Reverts acme/fleet#7`, and GitLab's, `This reverts merge request !7`.
 * https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/reverting-a-pull-request
 */
function revertedPull(repository: string, text: string): number | undefined {
  const [, named, github, gitlab] =
    /^(?:Reverts ([\w./-]*)#([1-9]\d{0,9})|This reverts merge request !([1-9]\d{0,9}))\s*$/m.exec(text) ?? [];
  if (named !== undefined && named !== "" && !repository.toLowerCase().endsWith(`/${named.toLowerCase()}`)) return undefined;
  const number = github ?? gitlab;
  return number === undefined ? undefined : Number(number);
}
