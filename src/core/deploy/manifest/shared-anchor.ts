import type { ImageRef } from "../../image/image.ts";
import { at, type Findings } from "./findings.ts";
import type { ManifestNode, ScalarNode } from "./node.ts";
import { isReferenceTo, type Reference } from "./reference.ts";
import { readsAs } from "./scalar.ts";
import { planReference } from "./plan-reference.ts";

/** Hint for an anchor that several references follow. */
export const sharedAnchorHint = "give each of them a value of its own in the manifest";

/**
 * Notes a conflict if a change would reach a reference to another repository through an anchor.
 * There is no conflict if the same edit gives that reference the same value: `alike` are the images that it sets there.
 * There is none either if a selector names the scalar, which is then changed on purpose.
 */
export function noteSharedAnchor(
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

/** Returns the value that an image gives to a scalar of a reference; undefined if it sets none. */
function wantedOf(reference: Reference, image: ImageRef, scalar: ScalarNode): string | undefined {
  if (!isReferenceTo(reference, image)) return undefined;
  const plan = planReference(reference, image);
  return plan.kind === "set" ? plan.values.get(scalar) : undefined;
}
