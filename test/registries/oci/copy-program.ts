/**
 * Copies a tag with its referrers: `node copy-program.ts HOST/REPOSITORY:TAG HOST/REPOSITORY`. Prints the copy and its
 * peak of memory, in KiB.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseImage } from "../../../src/core/image/image.ts";
import { publicServers } from "../../../src/core/servers.ts";
import { createImages } from "../../../src/registries/oci.ts";

const [from, to] = process.argv.slice(2).map(parseImage);
if (from?.tag === undefined || to === undefined) throw new Error("copy: name an image with its tag, and a repository");
const images = createImages({
  servers: publicServers,
  signal: new AbortController().signal,
  login: () => Promise.resolve(undefined),
  delay: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
});
const manifest = await images.manifest(from);
const before = process.resourceUsage().maxRSS;
const copied = await images.copy(from, manifest, to, { referrers: true });
await images.tag(to, manifest, [from.tag]);
console.log(JSON.stringify({ ...copied, before, most: process.resourceUsage().maxRSS }));
