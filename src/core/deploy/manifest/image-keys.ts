import { scalarAt, textOf, type MapNode, type ScalarNode } from "./node.ts";
import { findVariable, splitReference, type Field } from "./reference.ts";

const imageKey = /^image(?:Name)?$|Image(?:Name)?$/;
const mainKeys = ["image", "imageName"];
/** Keys of a digest. Charts made after Grafana's have its digits alone under `sha`. */
const digestKeys = ["digest", "imageDigest", "sha"];

/** Tells whether a key holds an image string: `image`, `migrationImage`, `imageName`. */
export function isImageKey(key: string): boolean {
  return imageKey.test(key);
}

/** Tells whether a key promises no more than a name: its tag, in a key of its own, is not known to be of the same image. */
export function isNameKey(key: string): boolean {
  return /^imageName$|ImageName$/.test(key);
}

/** Returns the scalar that holds the tag of the bare repository under a key of the same map: `imageTag`, `tag`, `version`. */
export function tagBeside(map: MapNode, key: string): ScalarNode | undefined {
  const shared = ownsSharedKeys(map, key) ? ["tag", "imageTag", "version"] : [];
  const keys = mainKeys.includes(key) ? [...shared.slice(0, 2), `${key}Tag`, ...shared.slice(2)] : [`${key}Tag`, ...shared];
  return keys.map((each) => scalarAt(map, each)).find((each) => each !== undefined);
}

/** Returns the fields that hold the digest of the image string under a key of the same map: `migrationImageDigest`, or `digest`. */
export function digestsBeside(map: MapNode, key: string): readonly Field[] {
  const own = digestField(map, `${key}Digest`);
  if (own.length > 0 && !mainKeys.includes(key)) return own;
  const names = new Set([...(ownsSharedKeys(map, key) ? digestKeys : []), `${key}Digest`]);
  return [...names].flatMap((each) => digestField(map, each));
}

/** Returns the fields that hold the digest of a map's image. */
export function digestsOf(map: MapNode): readonly Field[] {
  return digestKeys.flatMap((each) => digestField(map, each));
}

/** In a map with `image` and `workerImage`, a key such as `tag` or `digest` is that of `image`. */
function ownsSharedKeys(map: MapNode, key: string): boolean {
  return mainKeys.includes(key) || !mainKeys.some((each) => splitReference(textOf(scalarAt(map, each))) !== undefined);
}

function digestField(map: MapNode, key: string): readonly Field[] {
  const scalar = scalarAt(map, key);
  const text = textOf(scalar);
  // What has another length is the SHA of a commit.
  const isDigest = key !== "sha" || text === "" || /^(?:sha256:)?[0-9a-f]{64}$/.test(text) || findVariable(text) !== undefined;
  if (scalar === undefined || !isDigest) return [];
  return [{ role: "digest", scalar, ...(key === "sha" && !text.startsWith("sha256:") ? { shape: "digits" } : {}) }];
}
