import { LineCounter, parseAllDocuments } from "yaml";
import { composeDocument, Malformed, type ManifestDocument } from "./compose.ts";
import { mapAt, type MapNode } from "./node.ts";

/** A YAML file that was parsed. */
export interface Manifest {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The bytes as text, byte order mark included. All positions are in UTF-16 units of it. */
  readonly text: string;
  readonly documents: readonly ManifestDocument[];
  /** The reason why nothing in this file may be written; undefined if it may. */
  readonly leftAlone: string | undefined;
  /** Line and column of a position, from 1. */
  line(offset: number): number;
  column(offset: number): number;
}

/** A file that is not UTF-8 or does not parse. */
export interface BrokenManifest {
  readonly path: string;
  readonly problem: string;
}

/**
 * Returns the file's documents with the positions of their scalars. One broken document makes the whole file broken.
 */
export function parseManifest(path: string, bytes: Uint8Array): Manifest | BrokenManifest {
  const text = decode(bytes);
  if (text === undefined) return { path, problem: "it is not UTF-8" };
  const lines = new LineCounter();
  try {
    const documents = parseDocuments(text, lines);
    return {
      path,
      bytes,
      text,
      documents,
      leftAlone: whyLeftAlone(text, documents),
      line: (offset) => lines.linePos(offset).line,
      column: (offset) => lines.linePos(offset).col,
    };
  } catch (error) {
    if (error instanceof Malformed) {
      const line = error.offset === undefined ? "it" : `line ${lines.linePos(error.offset).line}`;
      return { path, problem: `${line} does not parse: ${error.message}` };
    }
    // Nested so deep that the parser's stack overflowed.
    if (error instanceof RangeError) return { path, problem: "it does not parse: it is nested too deep" };
    throw error;
  }
}

/** The failsafe schema reads every scalar as text; duplicate keys are found in linear time by `composeDocument`. */
function parseDocuments(text: string, lineCounter: LineCounter): readonly ManifestDocument[] {
  // YAML reads it as a line end, the parser does not: positions would be wrong.
  if (/\r(?!\n)/.test(text)) throw new Malformed("a carriage return stands without its line feed");
  const parsed = parseAllDocuments(text, {
    schema: "failsafe",
    // Otherwise the parser decodes binary tags, and offsets would not be those of the text.
    resolveKnownTags: false,
    keepSourceTokens: true,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter,
  });
  return [...parsed].map((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Malformed(lowerFirst(error.message), error.pos[0]);
    return composeDocument(document, index);
  });
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function whyLeftAlone(text: string, documents: readonly ManifestDocument[]): string | undefined {
  const duplicate = documents.find((document) => document.duplicate !== undefined)?.duplicate;
  if (duplicate !== undefined) return `the key "${duplicate}" is a duplicate of one in the same map`;
  // A change would break the MAC that sops keeps over all values (https://getsops.io/docs/#message-authentication-code).
  const roots = documents.map(({ root }) => root).filter((root): root is MapNode => root.kind === "map");
  if (roots.some((root) => mapAt(root, "sops")?.entries.has("mac"))) return "it is encrypted by sops";
  return isGenerated(text) ? "it is generated and says DO NOT EDIT" : undefined;
}

/** Tells whether a comment before the first key says so. Blank lines, `---` and directives may come before it. */
function isGenerated(text: string): boolean {
  const [header = ""] = /^\uFEFF?(?:[ \t]*(?:#.*|---[ \t]*(?:#.*)?|%.*)?\r?\n)*/.exec(text) ?? [];
  return /^\uFEFF?[ \t]*#.*DO NOT EDIT/m.test(header);
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
