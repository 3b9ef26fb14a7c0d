/** A tag and its branch are pushed at once: what tags the image comes before what builds it. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Registry } from "../doubles/registry.ts";
import { startImages } from "../pipelines/flux.ts";
import { pushImage } from "../registries/content.ts";
import { startListener, type Listener } from "./listener.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let [registry, listener]: [Registry, Listener] = [] as never;
const app = "github.com/acme/app";
const when = { source: "ci", kind: "tag", repository: app };

beforeAll(async () => {
  registry = await startImages();
  const image = `${registry.host}/acme/web`;
  const commit = `${image}:sha-\${{ event.commit }}`;
  listener = await startListener({
    routes: [
      { name: "release", when: { ...when, tag: "v*" }, run: "retag", with: { source: commit, tags: ["${{ event.tag }}"] } },
      {
        name: "at-once",
        when: { ...when, tag: "now-*" },
        run: "retag",
        with: { source: commit, tags: ["${{ event.tag }}"] },
        waitForImage: "0s",
      },
      {
        name: "soon",
        when: { ...when, tag: "soon-*" },
        run: "retag",
        with: { source: commit, tags: ["x"] },
        waitForImage: "1s",
        attempts: 1,
      },
      // as the build of the branch ends, with the image in its result
      {
        name: "copy",
        when: { ...when, tag: "built-*" },
        run: "retag",
        with: { source: `${image}:1.2.0`, tags: ["sha-${{ event.commit }}"] },
      },
    ],
  });
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

async function tag(name: string, commit: string): Promise<string> {
  const { body } = await listener.deliver({ kind: "tag", repository: app, tag: name, commit });
  return (body.runs as string[])[0]!;
}

test("a run whose image is still being built waits for it without a worker, and the end of the run that built it wakes it", async () => {
  const release = await tag("v1", "a".repeat(40));
  const waiting = await listener.run(release, "waiting");
  expect(waiting.reason).toBe(`${registry.host}/acme/web:sha-${"a".repeat(40)}`);
  const built = await listener.run(await tag("built-1", "a".repeat(40)));
  expect(built.state).toBe("succeeded");
  expect(await listener.run(release)).toMatchObject({ state: "succeeded", attempt: 1 });
});

test("a run whose image is pushed by somebody else is woken by the event of the registry", async () => {
  const release = await tag("v2", "b".repeat(40));
  await listener.run(release, "waiting");
  const pushed = { platform: { os: "linux", architecture: "amd64" }, tag: `sha-${"b".repeat(40)}` };
  await pushImage({ host: registry.host, repository: "acme/web" }, pushed);
  await listener.deliver({ kind: "image", image: `${registry.host}/acme/web`, tag: pushed.tag, digest: null });
  expect(await listener.run(release)).toMatchObject({ state: "succeeded", attempt: 1 });
});

test("a run of a route that does not wait fails without the image, and one that has waited says for what", async () => {
  expect(await listener.run(await tag("now-1", "c".repeat(40)))).toMatchObject({ state: "failed", error: { code: "not_found" } });
  const { state, error } = await listener.run(await tag("soon-1", "d".repeat(40)));
  expect([state, error?.message]).toEqual([
    "parked",
    expect.stringMatching(/^wait for 127\.0\.0\.1:\d+\/acme\/web:sha-d{40}: not until .*: it is not in its registry$/),
  ]);
});
