import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fairlead, startFairlead } from "../cli.ts";
import type { Registry } from "../doubles/registry.ts";
import { pushImage } from "../registries/content.ts";
import { startImages } from "./flux.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let registry: Registry;
beforeAll(async () => void (registry = await startImages()));
afterAll(() => registry[Symbol.asyncDispose]());

const retag = (tag: string, ...more: readonly string[]): readonly string[] => [
  "retag",
  `${registry.host}/acme/web:${tag}`,
  `${tag}-again`,
  ...more,
];
const plain = (text: string): string => text.replaceAll(registry.host, "REGISTRY").replace(/\d{4}-\S+Z/, "THEN");

test("retag --wait-for-image waits for an image that is pushed meanwhile", async () => {
  const running = startFairlead(retag("later", "--wait-for-image", "90s"));
  await running.printed("it is not in its registry");
  await pushImage({ host: registry.host, repository: "acme/web" }, { platform: { os: "linux", architecture: "amd64" }, tag: "later" });
  expect((await running.ended).code).toBe(0);
});

test("an image that does not come in time is an error that says so, and without the flag it is missing at once", async () => {
  const { code, stderr } = await fairlead(retag("never", "--wait-for-image", "1s"));
  expect([
    code,
    plain(stderr)
      .split("\n")
      .find((line) => line.includes("not until")),
  ]).toEqual([75, expect.stringContaining("wait for REGISTRY/acme/web:never: not until THEN: it is not in its registry")]);
  expect((await fairlead(retag("never"))).code).toBe(4);
  expect((await fairlead(retag("never", "--wait-for-image", "10"))).code).toBe(2);
});
