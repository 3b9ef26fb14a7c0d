/** After a copy, source and destination agree, for crane and byte by byte, whatever the image and the registries. */
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startReferrersRegistry, startRegistry } from "../../doubles/registry.ts";
import type { Running } from "../../doubles/server.ts";
import { runTool, toolsAreThere } from "../../tools.ts";
import { fetchManifest, ociIndex, pushIndex, pushLayers, pushManifest, tarOf, type Descriptor, type Place } from "../content.ts";
import { copyTag, imagesOf, readTree, referrerTo } from "./copying.ts";

let registries: readonly Running[];
beforeAll(async () => {
  if (toolsAreThere) registries = await Promise.all([startRegistry(), startRegistry(), startReferrersRegistry()]);
});
afterAll(async () => {
  await Promise.all((registries ?? []).map((each) => each.stop()));
});

/** Layers are numbers, so that images share them. Referrers name their subject: the index (0), or one of its images. */
const scenes = fc.record({
  images: fc.array(fc.array(fc.nat({ max: 5 }), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  referrers: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
  from: fc.nat({ max: 2 }),
  to: fc.nat({ max: 2 }),
});
type Scene = typeof scenes extends fc.Arbitrary<infer T> ? T : never;

const layer = (number: number): Buffer => gzipSync(tarOf(`file-${number}`, Buffer.alloc(number * 700, `${number}`)));

/** Pushes a scene, and returns the digests of its referrers. */
async function pushScene(place: Place, { images, referrers }: Scene, listed: boolean): Promise<readonly string[]> {
  const pushed: (Descriptor & { platform: { os: string; architecture: string } })[] = [];
  for (const [at, layers] of images.entries()) {
    pushed.push(await pushLayers(place, { os: "linux", architecture: `arch${at}` }, layers.map(layer)));
  }
  const subjects: Descriptor[] = [await pushIndex(place, pushed, "it"), ...pushed];
  const all: string[] = [];
  for (const [at, number] of referrers.entries()) {
    const subject = subjects[number % subjects.length]!;
    const referrer = await pushManifest(place, await referrerTo(place, subject, `number ${at}`));
    all.push(referrer.digest);
    if (listed) await addToFallback(place, subject, referrer);
  }
  return all;
}

async function addToFallback(place: Place, subject: Descriptor, referrer: Descriptor): Promise<void> {
  const tag = subject.digest.replace(":", "-");
  const before = JSON.parse((await fetchManifest(place, tag))?.toString() ?? '{"manifests":[]}') as { manifests: object[] };
  await pushManifest(place, { schemaVersion: 2, mediaType: ociIndex, manifests: [...before.manifests, referrer] }, tag);
}

test.runIf(toolsAreThere)("any index with its referrers is the same at both ends after a copy", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(scenes, async (scene) => {
      const [from, to] = [registries[scene.from]!, registries[scene.to]!];
      const name = `run${++run}`;
      const [here, there] = [
        { host: from.host, repository: `${name}/app` },
        { host: to.host, repository: `${name}/release` },
      ];
      const referrers = await pushScene(here, scene, from !== registries[2]);
      const copied = await copyTag(imagesOf(), here, there, "it", true);
      expect(new Set(copied.referrers.map(({ digest }) => digest))).toEqual(new Set(referrers));
      expect(await readTree(there, "it")).toEqual(await readTree(here, "it"));
      for (const digest of referrers) expect(await fetchManifest(there, digest)).toEqual(await fetchManifest(here, digest));
      const digest = async ({ host, repository }: Place): Promise<string> => runTool("crane", "digest", `${host}/${repository}:it`);
      expect(await digest(there)).toBe(await digest(here));
      await runTool("crane", "validate", "--remote", `${there.host}/${there.repository}:it`);
    }),
    { numRuns: 30 },
  );
});
