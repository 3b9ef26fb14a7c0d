import { mapAt, scalarAt, textAt, textOf, type MapNode, type ScalarNode } from "./node.ts";
import { splitReference, type Field, type Reference } from "./reference.ts";

/**
 * The place of a map, as far as a form needs it: under a key `image`, a list `images`, an entry of one, or elsewhere.
 */
export type Role = "image" | "images" | "entry" | "other";

/** Returns the references of one form in a map, to any repository. */
export type Form = (map: MapNode, role: Role) => readonly Reference[];

/** All forms that need no marker. A marked scalar is found by its policy (policies.ts). */
export const forms: readonly Form[] = [imageStrings, imageMap, imageAndTag, kustomizeEntry, ociSource];

/** `image: ghcr.io/acme/app:1.4.2`, `migrationImage: …`: containers, custom resources, values. */
function imageStrings(map: MapNode): readonly Reference[] {
  const found: Reference[] = [];
  for (const [key, scalar] of map.entries) {
    if (scalar.kind !== "scalar" || !(key === "image" || key.endsWith("Image"))) continue;
    const parts = splitReference(textOf(scalar));
    if (parts === undefined || (key === "image" && isBesideTag(map))) continue;
    found.push({ name: parts.name, owner: map, fields: [{ role: "image", scalar }] });
  }
  return found;
}

/** `{registry: ghcr.io, repository: acme/app, tag: 1.4.2, digest: …}`, with `version` where there is no `tag`: Helm's values. */
function imageMap(map: MapNode, role: Role): readonly Reference[] {
  const repository = textAt(map, "repository");
  if (repository === "") return [];
  const fields = fieldsOf(scalarAt(map, "tag") ?? scalarAt(map, "version"), scalarAt(map, "digest"));
  if (fields.length === 0 && role !== "image") return [];
  return [{ name: withRegistry(map, repository), owner: map, fields, obstacle: missing(fields, "tag") }];
}

/** `{image: ghcr.io/acme/app, tag: 1.4.2}`: an image map whose repository is under `image`. */
function imageAndTag(map: MapNode): readonly Reference[] {
  if (!isBesideTag(map)) return [];
  return [{ name: withRegistry(map, textAt(map, "image")), owner: map, fields: fieldsOf(scalarAt(map, "tag"), scalarAt(map, "digest")) }];
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

/** Tells whether `image` names a bare repository and has its tag in a key of its own. */
function isBesideTag(map: MapNode): boolean {
  if (scalarAt(map, "tag") === undefined) return false;
  const parts = splitReference(textAt(map, "image"));
  return parts !== undefined && parts.tag === undefined && parts.digest === undefined;
}

function withRegistry(map: MapNode, repository: string): string {
  const registry = textAt(map, "registry");
  return registry === "" ? repository : `${registry}/${repository}`;
}

function fieldsOf(tag: ScalarNode | undefined, digest: ScalarNode | undefined): readonly Field[] {
  return [
    ...(tag === undefined ? [] : [{ role: "tag" as const, scalar: tag }]),
    ...(digest === undefined ? [] : [{ role: "digest" as const, scalar: digest }]),
  ];
}

function missing(fields: readonly Field[], key: string): string | undefined {
  return fields.length === 0 ? `the key ${key} is missing, and keys are never added` : undefined;
}
