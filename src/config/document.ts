import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Pair } from "yaml";

/** Where something is in a document, from its root: keys, and places in lists from 0. */
export type Path = readonly (string | number)[];

/** Something that is wrong at one place of the text. */
export interface Fault {
  /** The byte offset into the text, from 0. */
  readonly offset: number;
  /** The field that it is about, such as `routes[1].when` (default: none, as of a fault of syntax). */
  readonly path?: string;
  readonly message: string;
}

/** A YAML document that is data, and where each part of it is. */
export interface YamlDocument {
  /** Mappings, lists, strings, numbers, booleans and null. */
  readonly value: unknown;
  /** Returns the place of a value, or of its key; of what is not there, that of the nearest thing around it. */
  place(path: Path, of: "key" | "value"): Place;
  /** The offset before which the text is read as it was meant: that of the end of what stands before its first fault of syntax; infinite without one. */
  readonly readBefore: number;
}

/** The byte offsets of a part of a text: its beginning, and the end of it. */
export interface Place {
  readonly offset: number;
  readonly end: number;
}

/** A text as YAML: all that is wrong with it, and the document as far as it can be read in spite of that. */
export interface ReadYaml {
  readonly faults: readonly Fault[];
  readonly document: YamlDocument | undefined;
  readonly positionOf: (offset: number) => Position;
}

/** The line and column of an offset, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** No configuration is as long, in bytes. What is longer was named by mistake. */
export const longest = 1_048_576;
/** Aliases may repeat what an anchor names; a hundredfold is an attack, or a mistake. */
const mostAliases = 100;

/** Returns the one document of a YAML 1.2 text, all faults of the text, and how to tell offsets. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const unreadable = (faults: readonly Fault[]): ReadYaml => ({ positionOf, faults, document: undefined });
  if (Buffer.byteLength(text) > longest) return unreadable([{ offset: 0, message: "it is longer than 1 MiB" }]);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const told = [...document.errors, ...document.warnings];
  const syntax = told.filter(({ code }) => !(code in faultTexts)).map(({ pos }) => pos[0]);
  const firstOfSyntax = Math.min(...syntax);
  const found = told.map(({ code, message, pos }) => ({ offset: pos[0], message: faultTexts[code] ?? syntaxText(text, pos[0], message) }));
  // what comes after a fault of syntax is read in another way than it was meant
  const meant = [...found, ...faultsOfNodes(document)].filter(({ offset }) => offset <= firstOfSyntax);
  const faults = meant.filter(({ offset }, at) => offset < firstOfSyntax || at === meant.findIndex((each) => each.offset === offset));
  const value = valueOf(document);
  if (value instanceof Error) return unreadable(faults.length > 0 ? faults : [{ offset: 0, message: "its aliases repeat too much" }]);
  const readBefore = syntax.length === 0 ? Infinity : text.slice(0, firstOfSyntax).trimEnd().length;
  return { positionOf, faults, document: { value, readBefore, place: (path, of) => placeOf(document, path, of) } };
}

/** Returns what is wrong at a fault of syntax. The usual one is an expression that YAML takes for a mapping in a mapping. */
function syntaxText(text: string, offset: number, message: string): string {
  if (/call stack/i.test(message)) return "it is nested too deeply";
  const isExpression = text.startsWith("{{", offset) && text[offset - 1] === "$";
  return isExpression ? 'an expression within { } or [ ] has to be in quotes: write "${{ … }}"' : firstLine(message);
}

/** Faults that leave the rest of the text as it was meant. */
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

/** Returns the data, or the error for which there is none. */
function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    if (error instanceof ReferenceError || document.errors.length > 0) return asError(error);
    throw error;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function placeOf(document: Document.Parsed, path: Path, of: "key" | "value"): Place {
  let place = rangeOf(document.contents) ?? { offset: 0, end: 0 };
  let at: unknown = document.contents;
  for (const [index, step] of path.entries()) {
    const container = isAlias(at) ? at.resolve(document) : at;
    const pair: Pair | undefined = isMap(container) ? container.items.findLast(({ key }) => keyText(key) === step) : undefined;
    at = isSeq(container) ? container.items[Number(step)] : pair?.value;
    const shown = pair !== undefined && ((of === "key" && index === path.length - 1) || at === null) ? pair.key : at;
    const found = rangeOf(shown);
    if (found === undefined) break;
    place = found;
  }
  return place;
}

function rangeOf(node: unknown): Place | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range === null || range === undefined ? undefined : { offset: range[0], end: range[1] };
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function firstLine(message: string): string {
  const [line = ""] = message.split("\n");
  return line.charAt(0).toLowerCase() + line.slice(1);
}
