import { createHmac } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replay } from "../../webhook/replay.ts";
import { casesFolder } from "./cases.ts";

let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "fairlead-replay-"))));
afterAll(() => rm(root, { recursive: true }));

const push = join(casesFolder, "github/push-update");

/** Copies the saved push, with its request changed and perhaps another body, which is signed; returns the folder. */
async function save(name: string, change: Readonly<Record<string, unknown>>, body?: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  await cp(push, folder, { recursive: true });
  const request = JSON.parse(await readFile(join(push, "request.json"), "utf8")) as { headers: Record<string, string>; secret: string };
  if (body !== undefined) {
    await writeFile(join(folder, "body"), body);
    request.headers["X-Hub-Signature-256"] = `sha256=${createHmac("sha256", request.secret).update(body).digest("hex")}`;
  }
  await writeFile(join(folder, "request.json"), JSON.stringify({ ...request, ...change }));
  return folder;
}

test("replay returns outcome, status, reason and events of a saved request", async () => {
  expect(await replay(push)).toEqual({
    outcome: "accepted",
    status: 202,
    reason: "verified and understood",
    events: [
      {
        source: "github",
        delivery: "eecab9b4-8952-4f71-a6f0-a05696b967c3",
        kind: "push",
        repository: "github.com/acme/app",
        branch: "main",
        commit: "d98ae4a318b26c5effeb68701be28449e26cbbfe",
        before: "86dace2efdaf22792cff214cf3a27f3f4368cb37",
      },
    ],
  });
});

test.each([
  ["the same", undefined],
  ["another body", '{"ref":"refs/heads/other"}'],
  ["no JSON", "hello"],
])("a delivery whose id was accepted before is a duplicate: %s", async (name, body) => {
  await save("github/first", {});
  const again = await save(`github/again-${name.replace(" ", "-")}`, { after: ["github/first"] }, body);
  expect(await replay(again)).toEqual({ outcome: "ignored", status: 200, reason: "duplicate", events: [] });
});

test("a delivery that was refused before is no duplicate", async () => {
  await save("github/refused", {}, "hello");
  expect(await replay(await save("github/after-refused", { after: ["github/refused"] }))).toMatchObject({ status: 202 });
});

test("an unproven delivery with a known id is refused", async () => {
  await save("github/first", {});
  expect(await replay(await save("github/unproven", { after: ["github/first"], secret: "another" }))).toMatchObject({ status: 401 });
});

test("replay of a request with a method other than POST is refused", async () => {
  expect(await replay(await save("github/get", { method: "GET" }))).toMatchObject({ outcome: "rejected", status: 405 });
});

test.each([
  ["a source that there is not", () => save("github-enterprise/x", {}), '"github-enterprise" is no kind of source'],
  ["a folder without a case", () => Promise.resolve(join(root, "github/none")), "request.json: it cannot be read (ENOENT)"],
  ["an option that there is not", () => save("github/options", { options: { registryHost: "x" } }), "read options of github"],
  [
    "an earlier case that is not there",
    () => save("github/earlier", { after: ["github/gone"] }),
    "github/gone: request.json: it cannot be read (ENOENT)",
  ],
])("replay of %s is an input error", async (_, folder, message) => {
  await expect(replay(await folder())).rejects.toMatchObject({ code: "input", message: expect.stringContaining(message) as string });
});
