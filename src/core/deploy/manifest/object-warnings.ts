import type { ImageRef } from "../../image/image.ts";
import type { ManifestDocument } from "./compose.ts";
import { at, type Findings } from "./findings.ts";
import { mapAt, scalarAt, textAt, textOf } from "./node.ts";
import { objectsOf } from "./policies.ts";
import { namesRepository, splitReference, type Reference } from "./reference.ts";

/**
 * Returns a warning if the references of one object have different tags: it may be on purpose that they differ. Those that have the wanted tag
 * already do not count.
 */
export function differentTags(references: readonly Reference[], image: ImageRef, { manifest, wanted }: Findings): readonly string[] {
  const start = ({ fields }: Reference): number => fields[0]?.scalar.start ?? 0;
  const changing = references
    .filter(({ fields }) => fields.length > 0 && fields.every(({ scalar }) => wanted.has(scalar)))
    .sort((one, other) => start(one) - start(other));
  const tags = [...new Set(changing.flatMap((each) => tagOf(each) ?? []))].filter((tag) => tag !== image.tag);
  const [first] = changing;
  if (tags.length < 2 || first === undefined) return [];
  const where = at(manifest, first.fields[0]?.scalar ?? first.owner);
  return [
    `${where}: ${first.name} has different tags in one object, ${tags.join(" and ")}, and all become ${image.tag}: name one with --only`,
  ];
}

function tagOf({ fields }: Reference): string | undefined {
  const [tag] = fields.flatMap(({ role, scalar, before = "" }) => {
    const text = textOf(scalar).slice(before.length);
    if (role === "image") return splitReference(text)?.tag ?? [];
    return role === "tag" ? (text.split("@", 1)[0] ?? []) : [];
  });
  return tag;
}

/**
 * Returns a warning for each object by which Flux Operator follows the image's tags and sets them in the cluster, without Git.
 * https://fluxoperator.dev/docs/resourcesets/image-automation/
 */
export function inputProviders(document: ManifestDocument, image: ImageRef, { manifest }: Findings): readonly string[] {
  return objectsOf(document).flatMap((object) => {
    const spec = mapAt(object, "spec");
    const url = scalarAt(spec, "url");
    const [, name = ""] = textOf(url).split("oci://", 2);
    const isFollowing = textAt(object, "kind") === "ResourceSetInputProvider" && textAt(spec, "type").endsWith("ArtifactTag");
    if (!isFollowing || url === undefined || !namesRepository(name, image)) return [];
    const provider = textAt(mapAt(object, "metadata"), "name");
    return [
      `${at(manifest, url)}: Flux Operator may set this image too, without Git: ResourceSetInputProvider ${provider} follows its tags`,
    ];
  });
}
