import { FairleadError } from "../../errors.ts";
import { formatImageRepository, formatImage, type ImageRef } from "../../image/image.ts";
import type { Findings } from "./findings.ts";
import { nearest } from "../../text/suggest.ts";

/** What narrows an edit down. */
export interface EditImageOptions {
  /** `Kind/name` or `Kind/namespace/name`, then optionally `#path.to.field`. */
  readonly only?: string | undefined;
  /** How many references there must be, changed or up to date. */
  readonly expect?: number | undefined;
}

/**
 * Throws when nothing may be written, or not everything: an edit is whole or is not made. `conflict`, `not_found` and `unsupported`
 * are those of `editImage`. Where there is no reference at all, the hint names what `lookForAlike` finds, and `brokenFiles`, since one of
 * them may hold what was not found.
 */
export function requireReferences(
  findings: readonly Findings[],
  image: ImageRef,
  { only, expect }: EditImageOptions,
  brokenFiles: readonly string[],
  lookForAlike: () => readonly Findings[],
): void {
  const repository = formatImageRepository(image);
  const place = only === undefined ? "" : ` in ${only}`;
  const doing = `set ${formatImage(image)}${place}`;
  const conflicts = findings.flatMap((each) => each.conflicts);
  if (conflicts.length > 0)
    throw new FairleadError("conflict", `${doing}: ${summary(conflicts.map(({ message }) => message))}`, { hint: conflicts[0]?.hint });
  const count = findings.reduce((sum, each) => sum + each.count, 0);
  const leftAlone = findings.flatMap((each) => each.leftAlone);
  if (count === 0 && leftAlone.length > 0) throw new FairleadError("unsupported", `${doing}: ${summary(leftAlone)}`);
  if (count === 0)
    throw new FairleadError("not_found", `${doing}: no manifest refers to ${repository}`, {
      hint: [nearHint(repository, lookForAlike(), only), ...brokenFiles].join("; "),
    });
  if (expect !== undefined && expect !== count)
    throw new FairleadError("conflict", `${doing}: found ${count} references to ${repository}, expected ${expect}`, {
      hint: "name the object that is meant with a selector, or expect another number",
    });
}

/** How many names a hint can hold and still be read. */
const namesInHint = 3;

function nearHint(repository: string, findings: readonly Findings[], only: string | undefined): string {
  const near = nearest(repository, new Set(findings.flatMap(({ others }) => [...others])), namesInHint);
  return near.length > 0
    ? `look whether one of these is meant: ${near.join(", ")}`
    : `check the spelling of the repository, and the ${only === undefined ? "folder" : "object"}`;
}

/** How many reasons an error names: the rest is a number. */
const namedReasons = 5;

function summary(reasons: readonly string[]): string {
  const named = reasons.slice(0, namedReasons).join("; ");
  return reasons.length > namedReasons ? `${named}; and ${reasons.length - namedReasons} more` : named;
}
