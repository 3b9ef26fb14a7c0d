import { isAlias, isMap, isScalar, type Document, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { deepestNode } from "./limits.ts";
import type { AliasNode, ListNode, ManifestNode, MapNode, Place, ScalarNode, ScalarStyle } from "./node.ts";

/** One document of a file, with its aliases and merge keys resolved. */
export interface ManifestDocument {
  readonly index: number;
  readonly root: ManifestNode;
  /** All nodes where they stand, in the order of the source. */
  readonly nodes: readonly (ManifestNode | AliasNode)[];
  /** A key that a map has twice. */
  readonly duplicate: string | undefined;
}

/**
 * Thrown for a document that is not YAML, or not safe to read. The message is the cause; `offset` is its position, if
 * known.
 */
export class Malformed extends Error {
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.name = "Malformed";
    this.offset = offset;
  }
}

/** The limit of merged entries in one document. No person writes more: maps merged into maps into maps. */
const mostMergedEntries = 100_000;

interface Composition {
  readonly nodes: (ManifestNode | AliasNode)[];
  /** The node of each anchor so far; undefined while the node itself is still open. */
  readonly anchors: Map<string, ManifestNode | undefined>;
  duplicate: string | undefined;
  merged: number;
  /** How many nodes are open around the next one. */
  depth: number;
}

/** The tokens between a key or dash and the next node: the indicators around a missing value. */
type Indicators = readonly { readonly type: string; readonly offset: number; readonly source: string }[] | undefined;

/** Returns the graph of a document that was parsed with the failsafe schema and its source tokens. Throws `Malformed`. */
export function composeDocument(document: Document.Parsed, index: number): ManifestDocument {
  const composition: Composition = { nodes: [], anchors: new Map(), duplicate: undefined, merged: 0, depth: 0 };
  const root = compose(document.contents, undefined, undefined, composition);
  return { index, root, nodes: composition.nodes, duplicate: composition.duplicate };
}

function compose(node: unknown, place: Place, indicators: Indicators, composition: Composition): ManifestNode {
  if (++composition.depth > deepestNode) throw new Malformed("it is nested too deep");
  const composed = composeNode(node, place, indicators, composition);
  composition.depth--;
  return composed;
}

function composeNode(node: unknown, place: Place, indicators: Indicators, composition: Composition): ManifestNode {
  if (isAlias(node)) {
    composition.nodes.push({ kind: "alias", place, text: node.source });
    const target = composition.anchors.get(node.source);
    if (target === undefined) throw new Malformed(`the alias *${node.source} has no anchor before it`, node.range?.[0]);
    return target;
  }
  const { anchor } = (node ?? {}) as { anchor?: string };
  if (anchor !== undefined) composition.anchors.set(anchor, undefined);
  const composed = isScalar(node)
    ? composeScalar(node, place, indicators, composition)
    : isMap(node)
      ? composeMap(node, place, composition)
      : composeList(node as YAMLSeq, place, composition);
  if (anchor !== undefined) composition.anchors.set(anchor, composed);
  return composed;
}

const styles: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_FOLDED: "block",
  BLOCK_LITERAL: "block",
};

function composeScalar(node: Scalar, place: Place, indicators: Indicators, composition: Composition): ScalarNode {
  const [from = 0, to = 0] = node.range ?? [];
  const style = styles[node.type ?? ""] ?? (from === to ? "empty" : "plain");
  // A missing value goes behind the colon or dash, and behind its own anchor or tag.
  const last =
    style === "empty" ? indicators?.findLast((token) => /^(?:map-value-ind|seq-item-ind|anchor|tag)$/.test(token.type)) : undefined;
  const [start, end] = last === undefined ? [from, to] : [last.offset + last.source.length, last.offset + last.source.length];
  const scalar: ScalarNode = { kind: "scalar", place, style, text: String(node.value), tag: node.tag, start, end };
  composition.nodes.push(scalar);
  return scalar;
}

function composeList(node: YAMLSeq, place: Place, composition: Composition): ListNode {
  const items: ManifestNode[] = [];
  const list: ListNode = { kind: "list", place, items };
  composition.nodes.push(list);
  const tokens = (node.srcToken as { items?: readonly { start?: Indicators }[] } | undefined)?.items;
  for (const [key, item] of node.items.entries()) {
    const at = { parent: place, key };
    items.push(compose(item, at, tokens?.[key]?.start, composition));
  }
  return list;
}

function composeMap(node: YAMLMap, place: Place, composition: Composition): MapNode {
  const entries = new Map<string, ManifestNode>();
  const map: MapNode = { kind: "map", place, entries };
  composition.nodes.push(map);
  const merges: ManifestNode[] = [];
  const seen = new Set<string>();
  for (const pair of node.items) {
    const key = keyText(pair.key, composition);
    if (seen.has(key)) composition.duplicate ??= key;
    seen.add(key);
    // A key without a colon (`{a, b}`, `? a`) has no value, and no place for one.
    if (pair.value === null) continue;
    const value = compose(pair.value, { parent: place, key }, pair.srcToken?.sep, composition);
    if (key === "<<" && isScalar(pair.key) && pair.key.type === "PLAIN") merges.push(value);
    else entries.set(key, value);
  }
  for (const source of merges) merge(entries, source, composition);
  return map;
}

/**
 * Adds the entries of a merge key. The map's own keys win, then those of earlier sources
 * (https://yaml.org/type/merge.html).
 */
function merge(entries: Map<string, ManifestNode>, source: ManifestNode, composition: Composition): void {
  const sources = source.kind === "list" ? source.items : [source];
  for (const each of sources) {
    if (each.kind !== "map") throw new Malformed("a merge key needs a map");
    composition.merged += each.entries.size;
    if (composition.merged > mostMergedEntries) throw new Malformed("its merge keys bring too many entries");
    for (const [key, value] of each.entries) if (!entries.has(key)) entries.set(key, value);
  }
}

function keyText(key: unknown, composition: Composition): string {
  if (isScalar(key)) {
    if (key.anchor !== undefined) compose(key, undefined, undefined, composition);
    return String(key.value);
  }
  if (isAlias(key)) {
    const target = composition.anchors.get(key.source);
    if (target?.kind === "scalar") return target.text;
  }
  // Lists and maps are allowed as keys; no form of a reference has one.
  return String(key);
}
