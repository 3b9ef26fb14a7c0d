import { FairleadError } from "../../errors.ts";
import type { ManifestDocument } from "./compose.ts";
import { formatPlace, type AliasNode, type ManifestNode, type ScalarNode } from "./node.ts";
import { parseManifest, type Manifest } from "./parse.ts";
import { readsAs, type Splice } from "./scalar.ts";

/**
 * Proves that `after` is `before` with exactly the wanted scalars changed.
 * Every byte outside the splices must be equal. Parsed again, it must have the same documents with the same nodes in
 * the same places. Throws `internal` with file, line and column: a bug of ours.
 */
export function proveEdit(before: Manifest, after: Uint8Array, wanted: ReadonlyMap<ScalarNode, string>, splices: readonly Splice[]): void {
  const fail = (offset: number, why: string): never => {
    throw new FairleadError("internal", `edit ${before.path}:${before.line(offset)}:${before.column(offset)}: ${why}`, {
      hint: "report this with the file; nothing has been written",
    });
  };
  const different = differentByte(before, after, splices);
  if (different !== undefined) fail(different, "a byte outside the scalar would change");
  const read = parseManifest(before.path, after);
  if ("problem" in read) return fail(splices[0]?.start ?? 0, `the edited file is broken: ${read.problem}`);
  if (read.documents.length !== before.documents.length) fail(0, "the number of documents would change");
  for (const [index, document] of before.documents.entries()) {
    const strayed = strayedNode(document, read.documents[index], wanted);
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
function strayedNode(
  before: ManifestDocument,
  after: ManifestDocument | undefined,
  wanted: ReadonlyMap<ScalarNode, string>,
): ManifestNode | AliasNode | undefined {
  if (before.nodes.length !== after?.nodes.length) return before.root;
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

/** Tells whether two nodes stand in the same place of their documents. */
export function samePlace(a: ManifestNode | AliasNode, b: ManifestNode | AliasNode): boolean {
  return formatPlace(a.place) === formatPlace(b.place);
}
