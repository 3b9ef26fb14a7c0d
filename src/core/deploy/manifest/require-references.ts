import type { Breathe } from "../../breathe.ts";
import { FairleadError } from "../../errors.ts";
import { formatImageRepository, formatImage, type ImageRef } from "../../image/image.ts";
import type { Findings } from "./findings.ts";
import { nearest } from "../../text/suggest.ts";

/** Options that narrow an edit. */
export interface EditImageOptions {
  /** The folder in which manifests are searched, without slashes at its ends. Without it, or empty: the whole tree. */
  readonly folder?: string | undefined;
  /** `Kind/name` or `Kind/namespace/name`, then optionally `#path.to.field`. */
  readonly only?: string | undefined;
  /** The number of references that must exist, changed or up to date. */
  readonly expect?: number | undefined;
  /** Without it, nobody can stop a long edit. */
  readonly breathe?: Breathe | undefined;
}

/** What is looked at once nothing was found. */
export interface LookFurther {
  /** Returns the findings in the files to suggest names from. */
  alike(): Promise<readonly Findings[]>;
  /** Returns why the folder of the search is none; undefined if it is one. */
  folder(): Promise<string | undefined>;
  /** Returns the files that name the image and are not searched, each with the reason. */
  unsearched(): Promise<readonly string[]>;
}

/**
 * Throws if there is no reference, or if one may not be written: an edit is whole or is not made.
 * Throws `conflict`, `not_found` and `unsupported` as `editImage` does. If there is no reference at all, the hint names
 * what `look` finds, and `brokenFiles`: one of them may hold it.
 */
export async function requireReferences(
  findings: readonly Findings[],
  image: ImageRef,
  { only, expect }: EditImageOptions,
  brokenFiles: readonly string[],
  look: LookFurther,
): Promise<void> {
  const repository = formatImageRepository(image);
  const place = only === undefined ? "" : ` in ${only}`;
  const doing = `set ${formatImage(image)}${place}`;
  const conflicts = findings.flatMap((each) => each.conflicts);
  if (conflicts.length > 0)
    throw new FairleadError("conflict", `${doing}: ${summary(conflicts.map(({ message }) => message))}`, { hint: conflicts[0]?.hint });
  const count = findings.reduce((sum, each) => sum + each.count, 0);
  const leftAlone = findings.flatMap((each) => each.leftAlone);
  if (count === 0 && leftAlone.length > 0) throw new FairleadError("unsupported", `${doing}: ${summary(leftAlone)}`);
  if (count === 0) {
    const noFolder = await look.folder();
    if (noFolder !== undefined) throw new FairleadError("not_found", `${doing}: ${noFolder}`, { hint: "name a folder that has manifests" });
    const nothing =
      only === undefined ? `no manifest refers to ${repository}` : `there is no such object, or it does not refer to ${repository}`;
    throw new FairleadError("not_found", `${doing}: ${nothing}${firstMention(findings)}`, {
      hint: [nearHint(repository, await look.alike(), only), ...brokenFiles, ...(await look.unsearched())].join("; "),
    });
  }
  if (expect !== undefined && expect !== count)
    throw new FairleadError("conflict", `${doing}: found ${count} references to ${repository}, expected ${expect}`, {
      hint: "name the object that is meant with --only, or expect another number with --expect",
    });
}

function firstMention(findings: readonly Findings[]): string {
  const [first] = findings.flatMap(({ mentions }) => mentions);
  return first === undefined ? "" : `, but ${first.message}`;
}

/** The number of names that a hint can hold and still be readable. */
const namesInHint = 3;
/** The longest name of a repository with its host, and how many are compared: a comparison grows with both names. */
const longestName = 512;
const comparedNames = 1_000;

function nearHint(repository: string, findings: readonly Findings[], only: string | undefined): string {
  const names = findings.flatMap(({ others }) => [...others]).filter(({ length }) => length <= longestName);
  const near = nearest(repository, new Set(names.slice(0, comparedNames)), namesInHint);
  return near.length > 0
    ? `look whether one of these is meant: ${near.join(", ")}`
    : only === undefined
      ? "check the spelling of the repository, and the folder"
      : "check the kind, the namespace and the name of the object, and the spelling of the repository";
}

/** The number of reasons that an error names; the rest is a count. */
const namedReasons = 5;

function summary(reasons: readonly string[]): string {
  const named = reasons.slice(0, namedReasons).join("; ");
  return reasons.length > namedReasons ? `${named}; and ${reasons.length - namedReasons} more` : named;
}
