import { parseRepository, formatRepository } from "../git/repository.ts";
import type { Json } from "../json.ts";
import { mapLimited } from "../limit.ts";
import { imagesAtOnce, type Configuration, type Images } from "../registry/images.ts";
import { identityLabel } from "./build.ts";
import { formatImage, type ImageRef } from "./image.ts";
import { revisionLabel } from "./tag-conflict.ts";

/** What a registry has under a tag or a digest. Each `size` is that of a manifest, in bytes. */
export type Inspection = {
  /** Pinned to its digest. */
  readonly image: string;
  readonly tag: string | null;
  readonly mediaType: string;
  readonly size: number;
  readonly platforms: readonly InspectedPlatform[];
  /** The commit and the build that the image says it was made of; `null` where it says neither. */
  readonly build: { readonly source: string | null; readonly commit: string | null; readonly identity: string | null } | null;
  readonly referrers: readonly {
    readonly digest: string;
    readonly artifactType: string | null;
    readonly size: number;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
};

/** The image of one platform. `created` is ISO 8601. */
export type InspectedPlatform = {
  readonly platform: string;
  readonly digest: string;
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: string | null;
};

/** Returns what a registry has under a tag or a digest; undefined if there is no such one. Throws as the registry answers. */
export async function describeWhole(images: Images, image: ImageRef): Promise<Inspection | undefined> {
  const described = await images.describe(image);
  if (described === undefined) return undefined;
  const { registry, repository, tag = null } = image;
  const pinned = { registry, repository, digest: described.digest };
  const [{ mediaType, bytes }, referrers, platforms] = await Promise.all([
    images.manifest(pinned),
    images.referrers(pinned),
    mapLimited(imagesAtOnce, described.platforms, (each) => describePlatform(images, { ...pinned, digest: each.digest }, each.platform)),
  ]);
  return {
    image: formatImage(pinned),
    tag,
    mediaType,
    size: bytes.length,
    platforms,
    build: buildOf(described.labels),
    referrers: referrers.map(({ digest, artifactType = null, size, annotations }) => ({ digest, artifactType, size, annotations })),
  };
}

async function describePlatform(
  images: Images,
  image: ImageRef & { readonly digest: string },
  platform: string,
): Promise<InspectedPlatform> {
  const [{ bytes }, configuration] = await Promise.all([
    images.manifest(image),
    images.configuration(image, platform, { anonymous: false }),
  ]);
  const { created } = configuration;
  return {
    platform,
    digest: image.digest,
    size: bytes.length,
    labels: labelsOf(configuration),
    created: typeof created === "string" ? created : null,
  };
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md#properties */
function labelsOf({ config }: Configuration): Readonly<Record<string, string>> {
  const labels = typeof config === "object" && config !== null && "Labels" in config ? (config.Labels as Json) : null;
  const pairs = Object.entries(typeof labels === "object" ? (labels ?? {}) : {});
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}

function buildOf(labels: Readonly<Record<string, string>>): Inspection["build"] {
  const page = labels["org.opencontainers.image.source"];
  const commit = labels[revisionLabel] ?? null;
  const identity = labels[identityLabel] ?? null;
  if (page === undefined && commit === null && identity === null) return null;
  return { source: page === undefined ? null : nameOf(page), commit, identity };
}

/** Returns a repository as people name it. A label may be anything: then it is given as it is. */
function nameOf(page: string): string {
  try {
    return formatRepository(parseRepository(page));
  } catch {
    return page;
  }
}
