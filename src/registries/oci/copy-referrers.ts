import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import type { Digest } from "../../core/image/image.ts";
import type { RawManifest } from "../../core/registry/images.ts";
import { createLimiter } from "../../core/limit.ts";
import { bring, readChild, tooMany, type Copying } from "./bring.ts";
import { digest, indexTypes, parseContent } from "./content.ts";
import { listInFallback } from "./fallback.ts";
import { putManifest, readManifest } from "./manifest.ts";
import { readNamed } from "./named.ts";
import { listReferrers, readReferrers, referrerOf } from "./referrers.ts";
import { settleOrAbort } from "./settle.ts";

const subjectsAtOnce = 3;
/** The limit of referrers of referrers, as of nested indexes: a registry may answer ever new ones. */
const deepest = 8;
/** The limit of all that referrers are made of, in bytes. */
const mostBytes = 1024 ** 3;
const layers = z.object({ layers: z.array(z.object({ digest })) });

/** Copies the referrers of a manifest and of all that it names, and their own referrers. */
export async function bringReferrers(copying: Copying, manifest: RawManifest): Promise<void> {
  const limited = createLimiter(subjectsAtOnce);
  const subjects = await subjectsOf(copying, manifest);
  await settleOrAbort(
    copying.failed,
    subjects.map((each) => limited(() => bringReferrersOf(copying, each, 1))),
  );
}

/** Returns the digests of a manifest and of all manifests below it. */
async function subjectsOf(copying: Copying, manifest: RawManifest): Promise<readonly Digest[]> {
  const all = [manifest.digest];
  for (const child of readNamed(copying.doing, manifest).manifests) {
    if (indexTypes.includes(child.mediaType)) all.push(...(await subjectsOf(copying, await readChild(copying, child))));
    else all.push(child.digest);
  }
  return all;
}

async function bringReferrersOf(copying: Copying, subject: Digest, depth: number): Promise<void> {
  const { session, doing, from, subjects } = copying;
  if (subjects.has(subject)) return;
  subjects.add(subject);
  for (const referrer of await listReferrers(session.send, doing, { ...from, digest: subject })) {
    if (depth > deepest) {
      throw new FairleadError("unsupported", `${doing}: referrers of referrers are nested more than ${deepest} times`, { hint: tooMany });
    }
    const manifest = await readManifest(session.send, { ...from, digest: referrer.digest }, doing);
    if (manifest === undefined) continue; // a fallback tag goes on listing deleted manifests
    addBytes(copying, manifest);
    await bring(copying, manifest, 0);
    for (const each of await subjectsOf(copying, manifest)) await bringReferrersOf(copying, each, depth + 1);
    if (referrer.tag !== undefined) await giveCosignTag(copying, manifest, referrer.tag);
    copying.referrers.push(referrerOf(doing, manifest, referrer.tag)); // some registries list it without its type
  }
}

/** Throws `unsupported` once the referrers would be too many bytes. Nothing of this one has been copied then. */
function addBytes(copying: Copying, manifest: RawManifest): void {
  const { manifests, blobs } = readNamed(copying.doing, manifest);
  copying.referrerBytes += [...manifests, ...blobs].reduce((sum, { size }) => sum + size, manifest.bytes.length);
  if (copying.referrerBytes <= mostBytes) return;
  throw new FairleadError("unsupported", `${copying.doing}: its referrers are more than 1 GiB`, { hint: tooMany });
}

/** cosign keeps the signatures of an image as layers of one manifest. Those that others put there must not be lost. */
async function giveCosignTag({ session, doing, from, to }: Copying, manifest: RawManifest, tag: string): Promise<void> {
  const place = { ...to, tag };
  const existing = await readManifest(session.send, place, doing);
  if (existing?.digest === manifest.digest) return;
  const ours = layersOf(doing, manifest);
  if (existing !== undefined && !layersOf(doing, existing).every((each) => ours.includes(each))) {
    throw new FairleadError("conflict", `${doing}: ${tag} has signatures at ${to.registry} that ${from.registry} does not have`, {
      hint: "copy without referrers, or delete the tag there if they are not needed",
    });
  }
  await putManifest(session.send, doing, place, manifest);
}

function layersOf(doing: string, { bytes }: RawManifest): readonly Digest[] {
  return parseContent(doing, "manifest", layers, bytes).layers.map((each) => each.digest);
}

/**
 * Lists copied referrers under the fallback tags of their subjects, unless the registry serves the API and so lists
 * them itself. Returns the subjects whose referrers the registry cannot list at all.
 */
export async function listUnlisted({ session, doing, to, unlisted }: Copying): Promise<readonly Digest[]> {
  let served: boolean | undefined;
  const unlistable: Digest[] = [];
  for (const [subject, referrers] of unlisted) {
    served ??= (await readReferrers(session.send, doing, { ...to, digest: subject })) !== undefined;
    if (!served && !(await listInFallback(session.send, doing, to, subject, referrers))) unlistable.push(subject);
  }
  return unlistable;
}
