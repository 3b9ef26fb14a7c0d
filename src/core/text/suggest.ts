/** Returns the candidate that `typed` most likely means; undefined if none is near. */
export function suggest(typed: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, distance: distance(typed, candidate) }))
    .filter(({ candidate, distance: edits }) => edits <= Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3)));
  return near.sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Returns a hint for a name that is none of these: `did you mean NAME?`, or all of them. */
export function meantName(typed: string, names: readonly string[]): string {
  const near = suggest(typed, names);
  return near === undefined ? `name one of ${names.join(", ")}` : `did you mean ${near}?`;
}

/** Returns the `most` names that are nearest to a name that was not found, nearest first. */
export function nearest(name: string, names: ReadonlySet<string>, most: number): readonly string[] {
  return [...names]
    .map((each) => ({ each, distance: distance(name, each) }))
    .sort((a, b) => a.distance - b.distance || (a.each < b.each ? -1 : 1))
    .slice(0, most)
    .map(({ each }) => each);
}

/** Returns the edit distance: the fewest letters to insert, delete, replace, or swap with the next. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (same ? 0 : 1),
          swapped ? at(row - 2, column - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
