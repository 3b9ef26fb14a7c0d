import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Pair } from "yaml";

/** Where something is in a document, from its root: keys, and places in lists from 0. */
export type Path = readonly (string | number)[];

/** Something that is wrong at one place of the text. */
export interface Fault {
  /** The byte offset into the text, from 0. */
  readonly offset: number;
  readonly message: string;
}

/** A YAML document that is data, and where each part of it is. */
export interface YamlDocument {
  /** Mappings, lists, strings, numbers, booleans and null. */
  readonly value: unknown;
  /** Returns the offset of a value, or of its key; of what is not there, that of the nearest thing around it. */
  offset(path: Path, of: "key" | "value"): number;
}

/** The line and column of an offset, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** No configuration is as long, in bytes. What is longer was named by mistake. */
const longest = 1_048_576;
/** Aliases may repeat what an anchor names; a hundredfold is an attack, or a mistake. */
const mostAliases = 100;

/** Returns the one document of a YAML 1.2 text, or all that is wrong with it, and how to tell offsets. */
export function readYaml(
  text: string,
): { readonly positionOf: (offset: number) => Position } & ({ readonly document: YamlDocument } | { readonly faults: readonly Fault[] }) {
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (Buffer.byteLength(text) > longest) return { positionOf, faults: [{ offset: 0, message: "it is longer than 1 MiB" }] };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    offset: pos[0],
    message: faultTexts[code] ?? firstLine(message),
  }));
  faults.push(...faultsOfNodes(document));
  if (faults.length > 0) return { positionOf, faults };
  const value = valueOf(document);
  if (value instanceof ReferenceError) return { positionOf, faults: [{ offset: 0, message: "its aliases repeat too much" }] };
  return { positionOf, document: { value, offset: (path, of) => offsetOf(document, path, of) } };
}

const faultTexts: Partial<Readonly<Record<string, string>>> = {
  DUPLICATE_KEY: "this key is there twice",
  MULTIPLE_DOCS: "a second document begins here: keep one",
  TAG_RESOLVE_FAILED: "this tag is not known: write plain values",
};

/** Returns the faults that the parser lets pass: an alias without an anchor, and a key that is none in JavaScript. */
function faultsOfNodes(document: Document.Parsed): Fault[] {
  const faults: Fault[] = [];
  const add = (node: Node, message: string): void => void faults.push({ offset: node.range?.[0] ?? 0, message });
  visit(document, {
    Alias: (_, node) => {
      if (node.resolve(document) === undefined) add(node, `there is no anchor &${node.source} before it`);
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === "__proto__") add(key, "this key cannot be used");
    },
  });
  return faults;
}

function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    if (error instanceof ReferenceError) return error;
    throw error;
  }
}

function offsetOf(document: Document.Parsed, path: Path, of: "key" | "value"): number {
  let offset = document.contents?.range?.[0] ?? 0;
  let at: unknown = document.contents;
  for (const [index, step] of path.entries()) {
    const container = isAlias(at) ? at.resolve(document) : at;
    const pair: Pair | undefined = isMap(container) ? container.items.find(({ key }) => keyText(key) === step) : undefined;
    at = isSeq(container) ? container.items[Number(step)] : pair?.value;
    const shown = pair !== undefined && ((of === "key" && index === path.length - 1) || at === null) ? pair.key : at;
    const found = (shown as Node | undefined)?.range?.[0];
    if (found === undefined) break;
    offset = found;
  }
  return offset;
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function firstLine(message: string): string {
  const [line = ""] = message.split("\n");
  return line.charAt(0).toLowerCase() + line.slice(1);
}
