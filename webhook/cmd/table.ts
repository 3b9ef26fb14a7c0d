import type { Text } from "../../src/core/text/line.ts";
import { visible } from "../../src/core/text/visible.ts";

/** Returns rows as lines in columns, below a line of their names; "none" for no rows. */
export function formatTable(names: readonly string[], rows: readonly (readonly string[])[]): Text {
  if (rows.length === 0) return ["none"];
  const all = [names, ...rows].map((row) => row.map(visible)); // escapes make a cell wider
  const widths = names.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
