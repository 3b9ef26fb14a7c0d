/** One hook of GitHub for pushes and packages, as an App or an organization has it. */
import { expect, test } from "vitest";
import { openDoor, type Door } from "../attack/door.ts";
import { hubHeaders, push, tellRoutes } from "../attack/signed.ts";

const digest = `sha256:${"1a".repeat(32)}`;
const version = { container_metadata: { tag: { name: "1.4.0", digest } }, package_url: "ghcr.io/Acme/App:1.4.0" };
const published = JSON.stringify({ action: "published", registry_package: { package_version: version } });
const route = (source: string, kind: string, more: object): object => ({
  ...{ name: `on-${kind}`, when: { source, kind, ...more }, run: "notify", with: { message: "it came", to: ["slack:C0RELEASES"] } },
});
const images = route("github", "image", { image: "ghcr.io/acme/app" });

const open = (...routes: readonly object[]): Promise<Door> =>
  openDoor({ sources: { github: { kind: "github", secrets: "SECRET" } }, routes });

test("a github source takes pushes and packages at one address, each for its routes", async () => {
  await using door = await open(images, ...tellRoutes(1, "github"));
  expect(await door.post("github", published, hubHeaders(published, "p-1", "registry_package"))).toMatchObject({ status: 202 });
  expect(await door.post("github", push, hubHeaders(push, "d-1"))).toMatchObject({ status: 202 });
  const runs = await door.store.runs({ limit: 9 });
  expect(runs.map((run) => [run.route, run.event])).toMatchObject([
    ["tell-0", { kind: "push" }],
    ["on-image", { source: "github", delivery: "p-1", kind: "image", image: "ghcr.io/acme/app", tag: "1.4.0", digest }],
  ]);
});

test.each([
  ["whole", published],
  ["without its fields", "{}"],
])("a package event that is %s is ignored by a github source of which no route asks for images", async (_, body) => {
  await using door = await open(...tellRoutes(1, "github"));
  expect(await door.post("github", body, hubHeaders(body, "p-1", "registry_package"))).toEqual({
    status: 200,
    body: { ignored: "event type not handled" },
    headers: expect.anything() as unknown,
  });
  expect(await door.store.deliveries({ limit: 9 })).toEqual([]);
});

test("a route for images at a source that never makes them is refused with what it makes", async () => {
  const gitlab = openDoor({
    sources: { gitlab: { kind: "gitlab", secrets: "SECRET" } },
    routes: [route("gitlab", "image", { image: "ghcr.io/acme/app" })],
  });
  await expect(gitlab).rejects.toThrow(
    'source "gitlab" makes no such events: expected push, tag, pull-request, release, deployment, workflow, check or comment',
  );
});
