// Which rows of its environment a row takes the place of: those of its application, as far as it is known.
import { applicationOf, isSameApplication } from "../application.ts";
import type { OwnRow, Row } from "./row.ts";

type AnyRow = OwnRow["row"];

/**
 * Returns the rows that are of the same run or application. A run without an image may be of any application of its route: where that has several, its row
 * takes the place of none of them, so that none vanishes by a run that failed early.
 */
export function sameRows(rows: readonly Row[], row: AnyRow): readonly Row[] {
  const isOwn = ({ run }: Row): boolean => run === row.run;
  const same = rows.filter((each) => each.key === row.key && (isOwn(each) || isSame(each, row)));
  const isSure = hasImage(row) || same.filter((each) => isOwn(each) || hasImage(each)).length < 2;
  return isSure ? same : same.filter((each) => isOwn(each) || !hasImage(each));
}

/** A run of a command line that failed before it had an image: nobody knows of which application it is. Any newer run takes its place. */
function isSame(other: Row, row: AnyRow): boolean {
  if (hasImage(other) && hasImage(row)) return isSameApplication(applicationOf(namesOf(other), null), applicationOf(namesOf(row), null));
  if (isUnknown(other)) return isUnknown(row) || other.at <= row.at;
  return other.route !== null && other.route === row.route;
}

function isUnknown(row: AnyRow): boolean {
  return !hasImage(row) && row.route === null;
}

function hasImage({ images }: AnyRow): boolean {
  return images.length > 0;
}

function namesOf({ images }: AnyRow): readonly string[] {
  return images.map(({ image }) => image);
}

/** Returns the rows with one in the place of others: where the first of these was, else at the end. */
export function replaceRows(rows: readonly Row[], others: readonly Row[], row: Row): readonly Row[] {
  const [first] = others;
  if (first === undefined) return [...rows, row];
  return rows.flatMap((each) => (each === first ? [row] : others.includes(each) ? [] : [each]));
}
