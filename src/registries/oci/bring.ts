import { FairleadError } from "../../core/errors.ts";
import type { Digest, ImageRef } from "../../core/image/image.ts";
import { once } from "../../core/once.ts";
import type { RawManifest, Referrer } from "../../core/registry/images.ts";
import { createLimiter, type Limiter } from "../../core/limit.ts";
import { copyBlob, type BlobOutcome, type Mounting } from "./blob.ts";
import type { RegistrySession } from "./client.ts";
import type { CopyProgress } from "./copy-progress.ts";
import { hasManifest, putManifest, readManifest } from "./manifest.ts";
import { readNamed, type Descriptor } from "./named.ts";
import { referrerOf } from "./referrers.ts";
import { settleOrAbort } from "./settle.ts";

/** A copy in progress. */
export interface Copying {
  readonly session: RegistrySession;
  readonly doing: string;
  readonly from: ImageRef;
  readonly to: ImageRef;
  /**
   * True if the manifest itself is copied, because something will refer to it. Otherwise `tag` puts it, and once is
   * enough.
   */
  readonly whole: boolean;
  /** Aborted by the first failure, with its error. Everything else then stops. */
  readonly failed: AbortController;
  readonly mounting: Mounting;
  /** Transfers that were started, so that nothing is copied twice. */
  readonly blobs: Map<Digest, Promise<void>>;
  readonly manifests: Map<Digest, Promise<void>>;
  readonly subjects: Set<Digest>;
  /** Referrers that the registry has not said it lists, by their subject. */
  readonly unlisted: Map<Digest, Referrer[]>;
  readonly counts: Record<BlobOutcome | "bytes", number>;
  readonly referrers: Referrer[];
  readonly progress: CopyProgress;
  readonly transfers: Limiter;
  /** Bytes of all that referrers are made of, by what their manifests say. */
  referrerBytes: number;
}

/** Manifests of one index that are copied at once. */
const manifestsAtOnce = 3;
/** The limit of nested indexes. An index in an index is rare, and a deeper one is unknown. */
const deepest = 8;
/** The limit of manifests in one copy, with those of referrers: a registry could name ever more of them. */
export const mostManifests = 1_000;

/** Copies a manifest once, after everything that it names: a manifest that exists is complete. */
export async function bring(copying: Copying, manifest: RawManifest, depth: number): Promise<void> {
  const { doing, manifests } = copying;
  if (manifests.size >= mostManifests && !manifests.has(manifest.digest)) {
    throw new FairleadError("unsupported", `${doing}: there are more than ${mostManifests} manifests to copy`, { hint: tooMany });
  }
  await once(copying.manifests, manifest.digest, () => bringManifest(copying, manifest, depth));
}

/** The hint for an image that is too large to copy whole. */
export const tooMany = "copy without referrers, or delete those at the source that nobody needs";

async function bringManifest(copying: Copying, manifest: RawManifest, depth: number): Promise<void> {
  const { session, doing, to, whole, unlisted } = copying;
  const { digest } = manifest;
  if (depth > deepest) throw new FairleadError("unsupported", `${doing}: indexes are nested more than ${deepest} times`);
  const { manifests, blobs, subject } = readNamed(doing, manifest);
  const place = { ...to, digest };
  let listed = false;
  if (!(await hasManifest(session.send, doing, place))) {
    const limited = createLimiter(depth === 0 ? manifestsAtOnce : 1);
    const children = manifests.map((child) => limited(async () => bring(copying, await readChild(copying, child), depth + 1)));
    await settleOrAbort(copying.failed, [...children, ...blobs.map((blob) => bringBlob(copying, blob))]);
    if (depth === 0 && !whole && subject === undefined) return;
    const answer = await putManifest(session.send, doing, place, manifest);
    listed = answer.headers.get("oci-subject") === subject;
  }
  if (subject !== undefined && !listed) {
    unlisted.set(subject, [...(unlisted.get(subject) ?? []), referrerOf(doing, manifest)]);
  }
}

/** Returns a manifest that another one names. Throws `not_found` if the source lacks it. */
export async function readChild({ session, doing, from }: Copying, { digest }: Descriptor): Promise<RawManifest> {
  const manifest = await readManifest(session.send, { ...from, digest }, doing);
  if (manifest !== undefined) return manifest;
  throw new FairleadError("not_found", `${doing}: its index names ${digest}, which ${from.registry} does not have`, {
    hint: "push the whole image again",
  });
}

function bringBlob({ session, doing, from, to, mounting, blobs, counts, progress, transfers }: Copying, blob: Descriptor): Promise<void> {
  const work = async (): Promise<void> => {
    const outcome = await copyBlob(session, { doing, from, to, blob, sent: progress.sent }, mounting);
    counts[outcome] += 1;
    if (outcome === "sent") counts.bytes += blob.size;
    progress.end(blob, outcome === "sent" ? 0 : blob.size);
  };
  return once(blobs, blob.digest, () => {
    progress.begin(blob);
    return transfers(work);
  });
}
