import { describe, expect, test } from "vitest";
import { areOurs, isMarked, wantsNoRun } from "../../../src/core/change/mark.ts";
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
    ["a pull request, and what was squashed of it", `deploy acme/app 1.1 (#7)\n\nDeploys it.\n\n${marker}\n`],
  ])("%s bears it", (_what, text) => expect(isMarked(text)).toBe(true));

  test.each<[string, string]>([
    ["a person's commit", "Run: faster\n\nImage: smaller"],
    ["a commit that quotes a run in its text", `As in\n${run}\nwe go on`],
    ["an empty message", ""],
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

test("words of a commit that want no run are known in any case and place, and others are not", () => {
  const said = ["docs [skip ci]", "[CI skip]", "x\n\n[no ci]", "a [skip actions] b", "[actions skip]", "x\n\nskip-checks: true"];
  expect(said.map(wantsNoRun)).toEqual(said.map(() => true));
  expect(["skip ci", "[skip]", "skip-checks: false"].map(wantsNoRun)).toEqual([false, false, false]);
});
