import { isList, type Json } from "../core/json.ts";
import type { Text } from "../core/text/line.ts";
import { kebabCase } from "../core/text/kebab.ts";

/**
 * Returns a result for people: a name and a value per line, in columns.
 * Nested objects are prefixed by their name (`pull-request.url`). A list is one line, and of an object in it the first
 * text is shown. Null and empty lists are left out. Further lines of a value are below its first.
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

/** The most entries of a list that are shown. */
const most = 10;

function listText(list: readonly Json[]): string {
  const texts = list.slice(0, most).map((each) => (typeof each === "object" ? firstText(each) : String(each)));
  return [texts.join(", "), ...(list.length > most ? [`and ${list.length - most} more (listed by --json)`] : [])].join(" ");
}

function firstText(value: Json): string {
  return Object.values(value ?? {}).find((each): each is string => typeof each === "string") ?? "";
}
