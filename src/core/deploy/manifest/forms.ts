import { digestsBeside, digestsOf, isImageKey, isNameKey, tagBeside } from "./image-keys.ts";
import { mapAt, scalarAt, textAt, textOf, type MapNode, type ScalarNode } from "./node.ts";
import { trimEnd } from "../../text/trim.ts";
import { splitReference, type Field, type Reference, type ReferenceText } from "./reference.ts";

/**
 * The place of a map, as far as a form needs it: under a key `image`, one that ends in `Image`, a list `images`, an entry of one, or elsewhere.
 */
export type Role = "image" | "other-image" | "images" | "entry" | "other";

/** Returns the references of one form in a map, to any repository. */
export type Form = (map: MapNode, role: Role) => readonly Reference[];

/** All forms that need no marker. A marked scalar is found by its policy (policies.ts). */
export const forms: readonly Form[] = [imageStrings, imageMap, prefixedMap, kustomizeEntry, ociSource];

/**
 * `image: ghcr.io/acme/app:1.4.2`, `migrationImage: …`: containers, custom resources, values. Tag and digest may have keys of their own:
 * `{image: ghcr.io/acme/app, imageTag: 1.4.2}`.
 */
function imageStrings(map: MapNode): readonly Reference[] {
  const found: Reference[] = [];
  for (const [key, scalar] of map.entries) {
    if (scalar.kind !== "scalar" || !isImageKey(key)) continue;
    const parts = splitReference(textOf(scalar));
    if (parts !== undefined) found.push(imageString(map, key, scalar, parts));
  }
  return found;
}

function imageString(map: MapNode, key: string, scalar: ScalarNode, { name, tag, digest }: ReferenceText): Reference {
  const digests = digestsBeside(map, key);
  const beside = tag === undefined && digest === undefined ? tagBeside(map, key) : undefined;
  if (beside !== undefined && isNameKey(key))
    return { name, owner: map, named: scalar, beside, fields: [], obstacle: `the tag beside ${key} is set only by a marker or a selector` };
  if (beside !== undefined)
    return { name: withRegistry(map, name), owner: map, named: scalar, fields: [{ role: "tag", scalar: beside }, ...digests] };
  const shape = digest === undefined && digests.length > 0 ? "no-digest" : undefined;
  return { name, owner: map, fields: [{ role: "image", scalar, shape }, ...digests] };
}

/**
 * `{registry: ghcr.io, repository: acme/app, tag: 1.4.2, digest: …}`, with `version` where there is no `tag`: Helm's values. Under a key
 * `image`, some charts say `repo` or `name` for `repository`, or have the name in both.
 */
function imageMap(map: MapNode, role: Role): readonly Reference[] {
  const isImage = role === "image" || role === "other-image";
  const last = isImage ? textAt(map, "name") : "";
  const repository = textAt(map, "repository") || (isImage && textAt(map, "repo")) || last;
  if (repository === "") return [];
  const fields = [...tagField(scalarAt(map, "tag") ?? scalarAt(map, "version")), ...digestsOf(map)];
  if (fields.length === 0 && role !== "image") return [];
  const also = last === "" || last === repository ? undefined : withRegistry(map, `${repository}/${last}`);
  return [{ name: withRegistry(map, repository), also, owner: map, fields, obstacle: missing(fields, "tag") }];
}

/** `{imageRegistry: ghcr.io, imageRepository: acme/app, imageTag: 1.4.2, imageDigest: …}`: Helm's values. */
function prefixedMap(map: MapNode): readonly Reference[] {
  const [registry, repository] = [textAt(map, "imageRegistry"), textAt(map, "imageRepository")];
  const fields = [...tagField(scalarAt(map, "imageTag") ?? scalarAt(map, "imageVersion")), ...digestsBeside(map, "image")];
  if (repository === "" || fields.length === 0) return [];
  return [{ name: joined(registry, repository), owner: map, fields }];
}

/** `{name: web, newName: ghcr.io/acme/app, newTag: 1.4.2}` in a list `images` (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/). */
function kustomizeEntry(map: MapNode, role: Role): readonly Reference[] {
  const isEntry = role === "entry" && scalarAt(map, "name") !== undefined;
  if (!isEntry || !["newName", "newTag", "digest"].some((key) => map.entries.has(key))) return [];
  const fields = fieldsOf(scalarAt(map, "newTag"), scalarAt(map, "digest"));
  return [{ name: textAt(map, "newName") || textAt(map, "name"), owner: map, fields, obstacle: missing(fields, "newTag") }];
}

/** `kind: OCIRepository` with `spec.url` and `spec.ref` (https://fluxcd.io/flux/components/source/ocirepositories/#reference). */
function ociSource(map: MapNode): readonly Reference[] {
  const spec = mapAt(map, "spec");
  const url = textAt(spec, "url");
  if (textAt(map, "kind") !== "OCIRepository" || spec === undefined || !url.startsWith("oci://")) return [];
  const ref = mapAt(spec, "ref");
  const fields = fieldsOf(scalarAt(ref, "tag"), scalarAt(ref, "digest"));
  const semver = textAt(ref, "semver");
  const obstacle = semver === "" ? missing(fields, "tag") : `the range in semver, ${semver}, wins over a tag`;
  return [{ name: url.slice("oci://".length), owner: ref ?? spec, fields, obstacle }];
}

function withRegistry(map: MapNode, repository: string): string {
  return joined(textAt(map, "registry") || textAt(map, "hub"), repository);
}

function joined(registry: string, repository: string): string {
  return registry === "" ? repository : `${trimEnd(registry, "/")}/${repository}`;
}

function fieldsOf(tag: ScalarNode | undefined, digest: ScalarNode | undefined): readonly Field[] {
  return [...tagField(tag), ...(digest === undefined ? [] : [{ role: "digest" as const, scalar: digest }])];
}

function tagField(scalar: ScalarNode | undefined): readonly Field[] {
  return scalar === undefined ? [] : [{ role: "tag", scalar }];
}

function missing(fields: readonly Field[], key: string): string | undefined {
  return fields.length === 0 ? `the key ${key} is missing, and keys are never added` : undefined;
}
