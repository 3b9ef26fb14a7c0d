import { expect, test } from "vitest";
import { normalPlatform } from "../../../src/core/image/platform.ts";

test.each([
  ["linux/amd64", "linux/amd64"],
  ["linux/x86_64", "linux/amd64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/amd64/v1", "linux/amd64"],
  ["linux/amd64/v2", "linux/amd64/v2"],
  ["linux/x86_64/v3", "linux/amd64/v3"],
  ["linux/arm/v6", "linux/arm/v6"],
  ["linux/arm/v7", "linux/arm/v7"],
  ["linux/armhf", "linux/arm/v7"],
  ["Linux/ARM64", "linux/arm64"],
  ["windows/amd64", "windows/amd64"],
  ["linux/foo", undefined],
  ["linux/constructor", undefined],
  ["linux/amd64/v7", undefined],
  ["linux/arm64/v8/x", undefined],
  ["plan9/amd64", undefined],
  ["linux", undefined],
  ["linux/", undefined],
  ["arm64", undefined],
  ["", undefined],
])("the platform %s is %s", (text, expected) => {
  expect(normalPlatform(text)).toBe(expected);
});
