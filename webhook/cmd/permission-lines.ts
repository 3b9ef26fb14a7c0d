import type { Text } from "../../src/core/text/line.ts";
import { visible } from "../../src/core/text/visible.ts";
import { wrap } from "../../src/core/text/wrap.ts";
import type { Need } from "../app/needs.ts";
import { formatTable } from "./table.ts";

/** A permission that is needed, and what is granted of it: null where that is unknown. */
export interface PermissionRow {
  readonly need: Need;
  readonly granted: string | null;
}

const indent = "    ";

/** Returns a table of permissions, laid out for so many columns: below each are the repositories, with the steps that need it there. */
export function permissionLines(rows: readonly PermissionRow[], columns: number): Text {
  const table = formatTable(
    ["PERMISSION", "NEEDS", "GRANTED"],
    rows.map(({ need, granted }) => [need.permission, need.needs, granted ?? "unknown"]),
  );
  const [head = "", ...lines] = table;
  return [head, ...lines.flatMap((line, at) => [line, ...usesOf(rows[at]?.need, columns)])];
}

function usesOf(need: Need | undefined, columns: number): readonly string[] {
  const steps = Map.groupBy(need?.for ?? [], ({ repository }) => repository);
  return [...steps].flatMap(([repository, uses]) => {
    const names = [...new Set(uses.map(({ step }) => step))].map((name) => name.replaceAll(" ", glue));
    const words = `${visible(repository)}: ${names.join(", ")}`.split(" ").map((word) => word.replaceAll(glue, " "));
    return wrap(words, columns - 2 * indent.length).map((line, at) => `${indent}${at === 0 ? "" : indent}${line}`);
  });
}

/** Holds the words of one name together. */
const glue = "\u00a0";
