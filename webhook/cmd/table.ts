import type { Text } from "../../src/core/text/line.ts";
import { visible } from "../../src/core/text/visible.ts";

type Row = readonly string[];

/** Returns rows as lines in columns, below a line of their names; "none" for no rows. */
export function formatTable(names: Row, rows: readonly Row[]): Text {
  return rows.length === 0 ? ["none"] : tableWriter(names)(rows);
}

/** Returns what makes lines of further rows of one table: the names are above the first, and no column becomes narrower. */
export function tableWriter(names: Row): (rows: readonly Row[]) => readonly string[] {
  let head: readonly Row[] = [names];
  const widths = names.map(() => 0);
  return (rows) => {
    if (rows.length === 0) return [];
    const all = [...head, ...rows].map((row) => row.map(visible)); // escapes make a cell wider
    head = [];
    for (const row of all) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
    return all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  };
}
