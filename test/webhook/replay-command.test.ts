import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";

const cases = fileURLToPath(new URL("../fixtures/receivers", import.meta.url));
let folder: string;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-replay-"));
  config = join(folder, "fairlead.yaml");
  const route = {
    name: "tell",
    when: { source: "hub", kind: "push", repository: "github.com/acme/app", branch: "**" },
    run: "notify",
    with: { message: "${{ event.branch }}", to: ["slack:C0RELEASES"] },
  };
  const sources = { hub: { kind: "github", secrets: "env:NOBODY_HAS_IT" } };
  await writeFile(config, JSON.stringify({ version: 1, sources, routes: [route] }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a saved request is verified, parsed and routed without a network, and its verdict is the result", async () => {
  const { code, stdout } = await fairlead(["replay", join(cases, "github/push-update"), "--config", config, "--json"]);
  const { events, ...verdict } = JSON.parse(stdout) as { events: readonly { branch: string }[] };
  expect({ code, kinds: events.length, ...verdict }).toEqual({
    code: 0,
    kinds: 1,
    outcome: "accepted",
    status: 202,
    runs: [
      {
        route: "tell",
        pipeline: "notify",
        lane: `tell github.com/acme/app ${events[0]!.branch}`,
        policy: "newest",
        input: { message: events[0]!.branch, to: ["slack:C0RELEASES"] },
      },
    ],
  });
});

test("replay of a request that is refused prints its verdict with exit code 0", async () => {
  const { code, stdout } = await fairlead(["replay", join(cases, "github/push-tampered"), "--json"]);
  expect({ code, verdict: JSON.parse(stdout) as unknown }).toEqual({
    code: 0,
    verdict: { outcome: "rejected", status: 401, events: [], runs: [] },
  });
});

test("replay of a folder without a request is an input error", async () => {
  expect(await fairlead(["replay", folder])).toMatchObject({ code: 2, stdout: "" });
});
