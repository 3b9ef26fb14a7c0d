import { isList, type Json } from "../core/json.ts";
import type { Text } from "../core/text/line.ts";
import { kebabCase } from "./flag.ts";

/**
 * Returns a result for people: a name and a value per line, in columns.
 * Nested objects are prefixed by their name (`pull-request.url`). A list of plain values is one line; a list of objects
 * is its length. Null and empty lists are left out. Further lines of a value are below its first.
 */
export function formatResult(result: Json): Text {
  const rows = rowsOf("", result);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, value]) => {
    const [first = "", ...more] = value.split("\n");
    const below = " ".repeat(name === "" ? 0 : width + 2);
    return [name === "" ? first : `${name.padEnd(width)}  ${first}`, ...more.map((line) => `${below}${line}`)];
  });
}

type Row = readonly [name: string, value: string];

function rowsOf(name: string, value: Json): readonly Row[] {
  if (value === null) return [];
  if (typeof value !== "object") return [[name, String(value)]];
  if (isList(value)) return value.length === 0 ? [] : [[name, listText(value)]];
  return Object.entries(value).flatMap(([inner, deep]) => rowsOf(`${name === "" ? "" : `${name}.`}${kebabCase(inner)}`, deep));
}

function listText(list: readonly Json[]): string {
  const texts = list.flatMap((each) => (typeof each === "object" ? [] : [String(each)]));
  return texts.length < list.length ? `${list.length} (listed by --json)` : texts.join(", ");
}
