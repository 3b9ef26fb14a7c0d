import { expect, test } from "vitest";
import type { EventBody } from "../../../webhook/receiver/receiver.ts";
import { withReverts } from "../../../webhook/receiver/reverts.ts";

const [before, after, taken] = ["a".repeat(40), "b".repeat(40), "c".repeat(40)];
const repository = "github.com/acme/fleet";
const pull = { kind: "pull-request", repository, number: 9, branch: "revert-7", commit: after, base: "main", fork: false } as const;
const push: EventBody = { kind: "push", repository, branch: "main", commit: after, before };

function revertsOf(event: EventBody, body: object): unknown {
  const [found] = withReverts([event], Buffer.from(JSON.stringify(body)));
  return found !== undefined && "reverts" in found ? found.reverts : undefined;
}

test.each([
  ["names it with its repository", "Reverts acme/fleet#7", 7],
  ["names it alone", "Because of an outage.\r\n\r\nReverts #7\r\n", 7],
  ["is GitLab's", "This reverts merge request !7", 7],
  ["names another repository", "Reverts acme/other#7", undefined],
  ["only speaks of it", "It reverts acme/fleet#7 in part", undefined],
])("the merge of a pull request whose body %s takes back what it says", (_, text, number) => {
  expect(revertsOf({ ...pull, action: "merged", mergeCommit: after }, { pull_request: { body: text } })).toBe(number);
});

test("a revert that is not merged takes nothing back", () => {
  expect(revertsOf({ ...pull, action: "opened" }, { pull_request: { body: "Reverts acme/fleet#7" } })).toBeUndefined();
});

test("a push takes back what the messages of its commits say", () => {
  const message = `Revert "Deploy app 2"\n\nThis reverts commit ${taken}.`;
  const commits = [
    { id: "d".repeat(40), message, added: [], modified: [], removed: [] },
    { id: after, message: "x", added: [], modified: [], removed: [] },
  ];
  expect(revertsOf(push, { before, after, commits, head_commit: commits[1] })).toEqual([taken]);
  expect(revertsOf(push, { before, after, commits: commits.slice(1) })).toBeUndefined();
});
