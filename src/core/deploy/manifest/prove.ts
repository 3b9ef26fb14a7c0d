import { paced, type Breathe } from "../../breathe.ts";
import { FairleadError } from "../../errors.ts";
import type { Splice } from "../../text/splice.ts";
import type { ManifestDocument } from "./compose.ts";
import { nodesBetweenBreaths } from "./limits.ts";
import { formatPlace, type AliasNode, type ManifestNode, type Place, type ScalarNode } from "./node.ts";
import { parseManifest, type Manifest } from "./parse.ts";
import { readsAs } from "./scalar.ts";

/** The wanted text of each scalar that changes. */
type Wanted = ReadonlyMap<ScalarNode, string>;

/**
 * Proves that `after` is `before` with exactly the wanted scalars changed.
 * Every byte outside the splices must be equal. Parsed again, it must have the same documents with the same nodes in
 * the same places. Throws `internal` with file, line and column: a bug of ours.
 */
export async function proveEdit(
  before: Manifest,
  after: Uint8Array,
  wanted: Wanted,
  splices: readonly Splice[],
  breathe: Breathe,
): Promise<void> {
  const fail = (offset: number, why: string): never => {
    throw new FairleadError("internal", `edit ${before.path}:${before.line(offset)}:${before.column(offset)}: ${why}`, {
      hint: "report this with the file; nothing has been written",
    });
  };
  const different = differentByte(before, after, splices);
  if (different !== undefined) fail(different, "a byte outside the scalar would change");
  const read = await parseManifest(before.path, after, breathe);
  if ("problem" in read) return fail(splices[0]?.start ?? 0, `the edited file is broken: ${read.problem}`);
  if (read.documents.length !== before.documents.length) fail(0, "the number of documents would change");
  const pace = paced(breathe, nodesBetweenBreaths);
  for (const [index, document] of before.documents.entries()) {
    const strayed = strayedNode(document, read.documents[index], wanted);
    await pace(document.nodes.length);
    if (strayed !== undefined) fail("start" in strayed ? strayed.start : 0, `${formatPlace(strayed.place)} would not read as intended`);
  }
}

/** Returns where in `before` the first byte outside the splices is that `after` does not have. */
function differentByte(before: Manifest, after: Uint8Array, splices: readonly Splice[]): number | undefined {
  let [at, oldByte, editedByte] = [0, 0, 0];
  for (const splice of [...splices.toSorted((a, b) => a.start - b.start), undefined]) {
    const kept = Buffer.byteLength(before.text.slice(at, splice?.start));
    // Behind the last splice the rest of both is compared, their lengths included.
    const old = before.bytes.subarray(oldByte, splice === undefined ? undefined : oldByte + kept);
    if (Buffer.compare(old, after.subarray(editedByte, splice === undefined ? undefined : editedByte + kept)) !== 0) return at;
    if (splice === undefined) break;
    oldByte += kept + Buffer.byteLength(before.text.slice(splice.start, splice.end));
    editedByte += kept + Buffer.byteLength(splice.source);
    at = splice.end;
  }
  return undefined;
}

/** Returns the first node that is not what it was, or not what it was to become. */
function strayedNode(before: ManifestDocument, after: ManifestDocument | undefined, wanted: Wanted): ManifestNode | AliasNode | undefined {
  if (before.nodes.length !== after?.nodes.length) return before.root;
  const samePlace = placeComparison();
  return before.nodes.find((node, index) => {
    const now = after.nodes[index];
    if (now === undefined || !samePlace(node, now)) return true;
    const to = node.kind === "scalar" ? wanted.get(node) : undefined;
    if (to !== undefined) return now.kind !== "scalar" || !readsAs(now, to);
    return !isSameNode(node, now);
  });
}

/** Tells whether two nodes read the same, but for where they stand. */
export function isSameNode(a: ManifestNode | AliasNode, b: ManifestNode | AliasNode): boolean {
  if (a.kind === "scalar") return b.kind === "scalar" && a.text === b.text && a.style === b.style && a.tag === b.tag;
  return a.kind === b.kind && (a.kind !== "alias" || (b.kind === "alias" && a.text === b.text));
}

/**
 * Returns a function that tells whether two nodes stand in the same place of their documents. It remembers the places
 * that it has compared: the work grows with the nodes, however deep they are.
 */
export function placeComparison(): (a: ManifestNode | AliasNode, b: ManifestNode | AliasNode) => boolean {
  const same = new Map<Place, Place>([[undefined, undefined]]);
  return ({ place: a }, { place: b }) => {
    const passed: (readonly [Place, Place])[] = [];
    for (; !(same.has(a) && same.get(a) === b); [a, b] = [a.parent, b.parent]) {
      if (a === undefined || a.key !== b?.key) return false;
      passed.push([a, b]);
    }
    for (const [one, other] of passed) same.set(one, other);
    return true;
  };
}
