// An entry more in a configuration that people write: every other byte stays as it is.
import { isDeepStrictEqual } from "node:util";
import { Document, isCollection, isMap, isPair, isScalar, isSeq, parseDocument, visit, type Node, type Pair } from "yaml";
import { FairleadError } from "../errors.ts";
import { spliceText, type Splice } from "./splice.ts";

/** An entry of a mapping or a list at the top of a configuration. */
export interface NewEntry {
  /** The key of the mapping or the list, such as `sources`. */
  readonly section: string;
  /** The key of the entry; undefined for an entry of a list. */
  readonly key: string | undefined;
  readonly value: unknown;
  /** True to write the value in one line, within braces. */
  readonly inline?: boolean;
  /** Lines of a comment above it, without `#`. */
  readonly comment?: readonly string[];
}

/**
 * Returns the text with one entry more, at the end of its section, which is made at the end of the text where there is none. Throws `unsupported` for a
 * text in which that cannot be done without a change of what is there, such as an alias in the section's place.
 */
export function addEntry(text: string, entry: NewEntry): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const document = parseDocument(text);
  const wanted = document.errors.length > 0 ? undefined : expected(document.toJS(), entry);
  const splices = wanted === undefined ? undefined : splicesFor(text, document, entry);
  const written = splices?.map((each) => ({ ...each, source: each.source.replaceAll("\n", eol) }));
  const added = written === undefined ? undefined : spliceText(text, written);
  if (added !== undefined && isDeepStrictEqual(valueOf(added), wanted)) return added;
  const where = entry.key === undefined ? entry.section : `${entry.section}.${entry.key}`;
  throw new FairleadError("unsupported", `add ${where}: its place in the configuration is one that only a person can change`, {
    hint: `write ${entry.section} as a plain ${entry.key === undefined ? "list" : "mapping"}, one entry below the other`,
  });
}

function valueOf(text: string): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : document.toJS();
}

/** Returns what the configuration is to say; undefined where the entry is there already. */
function expected(value: unknown, { section, key, value: own }: NewEntry): unknown {
  const all = (value ?? {}) as Readonly<Record<string, unknown>>;
  const { [section]: old } = all;
  if (key === undefined) return { ...all, [section]: [...((old ?? []) as readonly unknown[]), own] };
  if (typeof (old ?? {}) !== "object") return undefined;
  const mapping = (old ?? {}) as Readonly<Record<string, unknown>>;
  return Object.hasOwn(mapping, key) ? undefined : { ...all, [section]: { ...mapping, [key]: own } };
}

function splicesFor(text: string, { contents }: Document.Parsed, entry: NewEntry): readonly Splice[] | undefined {
  if (contents !== null && !isMap(contents)) return undefined;
  const pair = contents?.items.find(({ key }) => isScalar(key) && key.value === entry.section) as Pair<Node, Node | null> | undefined;
  if (pair === undefined) return [newSection(text, entry)];
  const { value } = pair;
  if (isCollection(value) && value.flow === true && value.items.length > 0) return [inFlow(text, value, entry)];
  if (isMap(value) || isSeq(value)) {
    if (value.items.length > 0) return [blockAt(text, value.range?.[1] ?? text.length, columnOf(text, value.range?.[0] ?? 0), entry)];
  } else if (value !== null && !(isScalar(value) && value.value === null)) return undefined;
  const [start = 0, end = start] = value?.range ?? [];
  const after = lineEnd(text, Math.max(end, pair.key.range?.[1] ?? 0));
  const empty = end > start ? [{ start: start - (text[start - 1] === " " ? 1 : 0), end, source: "" }] : [];
  return [...empty, blockAt(text, after, 2, entry)];
}

function newSection(text: string, entry: NewEntry): Splice {
  const before = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  return { start: text.length, end: text.length, source: `${before}${entry.section}:\n${blockText(entry, 2)}` };
}

function blockAt(text: string, at: number, indent: number, entry: NewEntry): Splice {
  const isOpen = at > 0 && text[at - 1] !== "\n";
  return { start: at, end: at, source: `${isOpen ? "\n" : ""}${blockText(entry, indent)}` };
}

/** Within braces or brackets, before the last of them. */
function inFlow(text: string, { range, items }: Node & { readonly items: readonly unknown[] }, entry: NewEntry): Splice {
  const [, end] = range ?? [0, 1];
  const last = items.at(-1);
  const node = isPair<Node, Node | null>(last) ? (last.value ?? last.key) : (last as Node);
  const [, at] = node.range ?? [0, end - 1];
  const one = new Document(entry.key === undefined ? entry.value : { [entry.key]: entry.value });
  visit(one, { Collection: (_, node) => void (node.flow = true) });
  const written = one.toString({ lineWidth: 0 }).trim();
  const own = entry.key === undefined ? written : written.slice(1, -1).trim();
  const comma = text.slice(at, end - 1).includes(",") ? " " : ", ";
  const start = comma === " " ? text.indexOf(",", at) + 1 : at;
  return { start, end: start, source: `${comma}${own}` };
}

function blockText({ key, value, inline = false, comment = [] }: NewEntry, indent: number): string {
  const document = new Document(key === undefined ? [value] : { [key]: value });
  if (inline) {
    visit(document, {
      Collection: (_, node, path) => void (path.length > 1 && (node.flow = true)),
    });
  }
  const lines = document.toString({ lineWidth: 0 }).trimEnd().split("\n");
  const all = [...comment.map((each) => `# ${each}`), ...lines];
  return `${all.map((line) => (line === "" ? "" : `${" ".repeat(indent)}${line}`)).join("\n")}\n`;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

/** Returns where the next line begins. */
function lineEnd(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  return at < 0 ? text.length : at + 1;
}
