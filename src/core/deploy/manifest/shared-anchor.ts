import type { ImageRef } from "../../image/image.ts";
import { at, type Findings } from "./findings.ts";
import type { ManifestNode, ScalarNode } from "./node.ts";
import { namesRepository, type Reference } from "./reference.ts";
import { readsAs } from "./scalar.ts";
import { settle } from "./settle.ts";

/** What to do about an anchor that several references follow. */
export const sharedAnchorHint = "give each of them a value of its own in the manifest";

/**
 * Notes a conflict where a change would reach a reference to another repository through an anchor. No conflict: the same edit gives that one the
 * same value (`alike` are the images that it sets there), or a selector names the scalar, which is then changed where it stands on purpose.
 */
export function refuseSharedAnchor(
  other: Reference,
  selected: ManifestNode,
  { manifest, wanted, conflicts }: Findings,
  alike: readonly ImageRef[],
): void {
  for (const { scalar } of other.fields) {
    const to = wanted.get(scalar)?.to;
    const isNamed = scalar === selected && scalar.place?.parent === other.owner.place;
    if (to === undefined || readsAs(scalar, to) || isNamed || alike.some((image) => wantedOf(other, image, scalar) === to)) continue;
    conflicts.push({
      message: `${at(manifest, scalar)}: ${other.name} follows the same anchor and would change too`,
      hint: sharedAnchorHint,
    });
  }
}

/** Returns what the scalar of a reference must read as for an image; undefined when the image does not set it. */
function wantedOf(reference: Reference, image: ImageRef, scalar: ScalarNode): string | undefined {
  if (!namesRepository(reference.name, image)) return undefined;
  const settlement = settle(reference, image);
  return settlement.kind === "set" ? settlement.values.get(scalar) : undefined;
}
