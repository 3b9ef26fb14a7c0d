import { describe, expect, test } from "vitest";
import { areOurs, isMarked, ownerOf, wantsNoRun } from "../../../src/core/change/mark.ts";
import { formatMarker } from "../../../src/core/change/marker.ts";

const run = "Run: 0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
const ours = `deploy acme/app 1.1\n\na.yaml:3: 1.0 → 1.1\n\nImage: ghcr.io/acme/app:1.1\nImage-Digest: sha256:0\n${run}\n`;
const marker = formatMarker({
  change: "0".repeat(12),
  targets: ["0".repeat(12)],
  edit: "0".repeat(12),
  commit: undefined,
  run: "r",
  supersededBy: undefined,
});

describe("fairlead's mark", () => {
  test.each<[string, string]>([
    ["a commit", ours],
    ["a commit with CRLF", ours.replaceAll("\n", "\r\n")],
    ["a squashed commit, to which GitHub has added a trailer", `${ours}\nCo-authored-by: A Person <a@example.com>\n`],
    ["a tag, a release or a comment of a run", `v1.4.0\n\n${run}`],
    ["a squash of fairlead's commits alone", `deploy (#12)\n\n* ${ours}\n* ${ours}\n---------\n\nCo-authored-by: A <a@example.com>\n`],
    ["a pull request, and what was squashed of it", `deploy acme/app 1.1 (#7)\n\nDeploys it.\n\n${marker}\n`],
  ])("%s bears it", (_what, text) => expect(isMarked(text)).toBe(true));

  test.each<[string, string]>([
    ["a person's commit", "Run: faster\n\nImage: smaller"],
    ["a commit that quotes a run in its text", `As in\n${run}\nwe go on`],
    ["an empty message", ""],
    ["a squash by hand of fairlead's commit and a person's", `${ours}\nFix the login, by hand\n`],
    ["a squash by GitHub of fairlead's commit and a person's", `deploy (#12)\n\n* ${ours}\n* Fix the login, by hand\n`],
    ["a squash by GitHub of a person's commit and fairlead's", `deploy (#12)\n\n* Fix the login, by hand\n\n* ${ours}`],
    ["a commit that tells of two pull requests", `${marker}\n${marker}`],
  ])("%s does not", (_what, text) => expect(isMarked(text)).toBe(false));
});

test.each<[string, string]>([
  ["GitHub", "Merge pull request #1 from acme/fairlead/web-0123456789ab\n\ndeploy web"],
  ["GitLab", "Merge branch 'fairlead/web-0123456789ab' into 'main'\n\ndeploy web"],
  ["Gitea", "Merge pull request 'deploy web' (#1) from fairlead/web-0123456789ab into main"],
  ["Bitbucket", "Merged in fairlead/web-0123456789ab (pull request #1)"],
])("commits and their merge by %s are ours, and none of a person's beside them", (_provider, merge) => {
  expect(areOurs([merge, ours])).toBe(true);
  expect(areOurs([merge, "fix", ours])).toBe(false);
  expect(areOurs([merge])).toBe(false);
  expect(areOurs([])).toBe(false);
});

test("a merge of a branch of a person, an organization or a fork called fairlead is nobody's, and one of fairlead's branch there is ours", () => {
  const persons = [
    "Merge pull request #13 from fairlead/feature",
    "Merge branch 'fairlead/idea' into 'main'",
    "Merged the fairlead/web-0123456789ab",
  ];
  expect(persons.map(ownerOf)).toEqual(["other", "other", "other"]);
  expect(ownerOf("Merge pull request #13 from fairlead/fairlead/web-0123456789ab")).toBe("merge");
  expect(ownerOf("Merge branch 'fairlead/web-0123456789ab'")).toBe("merge");
});

test("a commit whose title alone tells of its pull request is not known by its message, nor is one with a pull request's marker", () => {
  expect([ownerOf("deploy (#12)"), ownerOf(`deploy (#12)\r\n\r\n${marker}`)]).toEqual([{ pull: 12 }, { pull: 12 }]);
  expect([ownerOf("Fix #12"), ownerOf("deploy (#12)\n\n* a\n\n* b"), ownerOf(`deploy\n\n${marker}`)]).toEqual(["other", "other", "other"]);
  expect(areOurs([ours, `deploy (#12)\n\n${marker}`])).toBe(false);
});

test("words of a commit that want no run are known in any case and place, and others are not", () => {
  const said = ["docs [skip ci]", "[CI skip]", "x\n\n[no ci]", "a [skip actions] b", "[actions skip]", "x\n\nskip-checks: true"];
  expect(said.map(wantsNoRun)).toEqual(said.map(() => true));
  expect(["skip ci", "[skip]", "skip-checks: false"].map(wantsNoRun)).toEqual([false, false, false]);
});
