import { formatImage, sameRepository, type ImageRef, formatImageRepository } from "../../core/image/image.ts";
import type { Copied, CopyOptions, RawManifest } from "../../core/registry/images.ts";
import { createLimiter } from "../../core/limit.ts";
import { bring, type Copying } from "./bring.ts";
import type { RegistrySession } from "./client.ts";
import { createProgress } from "./copy-progress.ts";
import { bringReferrers, listUnlisted } from "./copy-referrers.ts";

/** Blobs that are copied at once. */
const blobsAtOnce = 4;

/** Copies what a manifest names and, with referrers, the manifest and its referrers. See `Images.copy`. */
export async function copyManifest(
  session: RegistrySession,
  from: ImageRef,
  manifest: RawManifest,
  to: ImageRef,
  { referrers, progress }: CopyOptions,
): Promise<Copied> {
  const copying = begin(session, from, manifest, to, { referrers, progress });
  let unlistable: Copied["unlistable"] = [];
  try {
    if (!sameRepository(from, to)) await bring(copying, manifest, 0);
    if (!sameRepository(from, to) && referrers) await bringReferrers(copying, manifest);
    unlistable = await listUnlisted(copying);
  } catch (error) {
    throw copying.failed.signal.aborted && !session.signal.aborted ? copying.failed.signal.reason : error;
  }
  const { bytes, ...blobs } = copying.counts;
  return { bytes, blobs, referrers: copying.referrers, unlistable };
}

function begin(
  session: RegistrySession,
  from: ImageRef,
  { digest }: RawManifest,
  to: ImageRef,
  { referrers: whole, progress }: CopyOptions,
): Copying {
  const failed = new AbortController();
  const signal = AbortSignal.any([session.signal, failed.signal]);
  const source = { registry: from.registry, repository: from.repository };
  const target = { registry: to.registry, repository: to.repository };
  return {
    session: session.until(signal),
    doing: `copy ${formatImage({ ...source, digest })} to ${formatImageRepository(to)}`,
    from: source,
    to: target,
    whole,
    failed,
    mounting: { allowed: true },
    blobs: new Map(),
    manifests: new Map(),
    subjects: new Set(),
    unlisted: new Map(),
    counts: { bytes: 0, present: 0, mounted: 0, sent: 0 },
    referrers: [],
    progress: createProgress(progress),
    transfers: createLimiter(blobsAtOnce),
    referrerBytes: 0,
  };
}
