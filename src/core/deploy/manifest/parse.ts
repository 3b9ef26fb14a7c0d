import { Composer, LineCounter, Parser } from "yaml";
import { neverStopped, paced, type Breathe } from "../../breathe.ts";
import { composeDocument, Malformed, type ManifestDocument } from "./compose.ts";
import { longestDocument, shareOfWork } from "./limits.ts";
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
 * It breathes between documents.
 */
export async function parseManifest(path: string, bytes: Uint8Array, breathe = neverStopped): Promise<Manifest | BrokenManifest> {
  const text = decode(bytes);
  if (text === undefined) return { path, problem: utf16Of(bytes) === undefined ? "it is not UTF-8" : "it is UTF-16, and not UTF-8" };
  const lines = new LineCounter();
  try {
    const documents = await parseDocuments(text, lines, breathe);
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

const options = {
  /** It reads every scalar as text. */
  schema: "failsafe",
  // Otherwise the parser decodes binary tags, and offsets would not be those of the text.
  resolveKnownTags: false,
  keepSourceTokens: true,
  // Duplicate keys are found in linear time by `composeDocument`.
  uniqueKeys: false,
  prettyErrors: false,
} as const;

/** The parser works on documents one by one, as they are asked for. Each is read in one go, so its size is limited. */
async function parseDocuments(text: string, lines: LineCounter, breathe: Breathe): Promise<readonly ManifestDocument[]> {
  // YAML reads it as a line end, the parser does not: positions would be wrong.
  if (/\r(?!\n)/.test(text)) throw new Malformed("a carriage return stands without its line feed");
  assertShort(text);
  const documents: ManifestDocument[] = [];
  const pace = paced(breathe, shareOfWork);
  let read = 0;
  for (const document of new Composer(options).compose(new Parser(lines.addNewLine).parse(text))) {
    const [error] = document.errors;
    if (error !== undefined) throw new Malformed(lowerFirst(error.message), error.pos[0]);
    documents.push(composeDocument(document, documents.length));
    await pace(document.range[2] - read);
    read = document.range[2];
  }
  return documents;
}

/** Throws `Malformed` for a document that no cluster would take. A line that begins so ends a document, whatever it is in. */
function assertShort(text: string): void {
  let from = 0;
  const assertUntil = (to: number): void => {
    if (to - from > longestDocument) throw new Malformed(`a document is longer than ${longestDocument / 1024} KiB`, from);
    from = to;
  };
  for (const { index } of text.matchAll(/^(?:---|\.\.\.)(?=\s|$)/gm)) assertUntil(index);
  assertUntil(text.length);
}

/** Returns the encoding that a byte order mark of UTF-16 tells; undefined without one. https://yaml.org/spec/1.2.2/#52-character-encodings */
export function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
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
