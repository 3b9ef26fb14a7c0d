import { expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { startRegistry } from "../doubles/registry.ts";
import { startWorld } from "./world.ts";

test("a registry that takes no push ends a build before its Dockerfile runs", { timeout: 180_000 }, async () => {
  await using world = await startWorld();
  await using readOnly = await startRegistry({ readOnly: true });
  const args = ["build", `${world.github.url}/acme/app`, "--image", `${readOnly.host}/acme/app:1`, "--progress", "json"];
  const { code, stderr } = await fairlead(args, world.env);
  const events = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; code?: string });
  expect(code).toBe(6);
  expect(events.at(-1)).toMatchObject({ type: "error", code: "unsupported" });
  expect(events.filter(({ type }) => type.startsWith("instruction-"))).toEqual([]);
});
