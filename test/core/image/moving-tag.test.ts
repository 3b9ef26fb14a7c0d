import { expect, test } from "vitest";
import { isMovingTag } from "../../../src/core/image/moving-tag.ts";

const moving = ["latest", "main", "stable", "edge", "nightly", "production", "1", "v1", "V2", "24", "1.4", "v1.4", "24.04", "1.100"].concat(
  ["alpine", "1-alpine", "1.4-bookworm-slim"],
);
const staying = [
  "1.4.3",
  "v1.4.3",
  "0.0.1",
  "1.4.3-rc.1",
  "1.4.3-alpine",
  "app-1.4.3",
  "2026.11",
  "2026.11.21",
  "20261121",
  "2026-11-21",
].concat([
  "sha-1a2b3c4",
  "1a2b3c4",
  "abcdefabcdefabcdefabcdefabcdefabcdefabcd",
  "build-1234",
  "1234",
  "100",
  "pr-12",
  "1.4-rc.1",
  "1.4_1",
  "v1.x2",
]);

test.each([
  ["moves", moving, true],
  ["stays", staying, false],
] as const)("a tag that %s is recognized by its name", (_, tags, expected) => {
  expect(tags.filter((tag) => isMovingTag(tag) !== expected)).toEqual([]);
});
