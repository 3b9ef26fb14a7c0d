import { FairleadError } from "../../errors.ts";
import type { ManifestDocument } from "./compose.ts";
import { scalarAt, mapAt, type ManifestNode } from "./node.ts";

/** Objects by kind and name, and a path within them. */
export interface Selector {
  /** The text as given. */
  readonly text: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Keys and places in lists. Empty is the whole object. */
  readonly path: readonly (string | number)[];
}

const objectPattern = /^([A-Za-z][A-Za-z0-9]*)\/(?:([^/#\s]+)\/)?([^/#\s]+)(?:#(.+))?$/s;
const pathPart = /(?:^|\.)([^.[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gsy;

/** Parses a selector: `Kind/name` or `Kind/namespace/name`, optionally followed by `#path.to.field`. Throws `input`. */
export function parseSelector(text: string): Selector {
  const [, kind, namespace, name, path] = objectPattern.exec(text) ?? [];
  if (kind === undefined || name === undefined) throw wrongSelector(text);
  return { text, kind, namespace, name, path: path === undefined ? [] : parsePath(path, text) };
}

/** Returns the node that the selector names; undefined if the document is another object or has no such path. */
export function selectNode(document: ManifestDocument, selector: Selector): ManifestNode | undefined {
  const { root } = document;
  if (root.kind !== "map") return undefined;
  const metadata = mapAt(root, "metadata");
  if (scalarAt(root, "kind")?.text !== selector.kind || scalarAt(metadata, "name")?.text !== selector.name) return undefined;
  if (selector.namespace !== undefined && scalarAt(metadata, "namespace")?.text !== selector.namespace) return undefined;
  return selector.path.reduce<ManifestNode | undefined>(step, root);
}

/** Returns the node and all that is below it, aliases followed. */
export function nodesBelow(root: ManifestNode): ReadonlySet<ManifestNode> {
  const reached = new Set([root]);
  // The set grows while it is walked: each node is visited once.
  for (const node of reached) {
    const children = node.kind === "map" ? node.entries.values() : node.kind === "list" ? node.items : [];
    for (const child of children) reached.add(child);
  }
  return reached;
}

function step(node: ManifestNode | undefined, key: string | number): ManifestNode | undefined {
  if (node?.kind === "map" && typeof key === "string") return node.entries.get(key);
  return node?.kind === "list" && typeof key === "number" ? node.items[key] : undefined;
}

function parsePath(path: string, selector: string): readonly (string | number)[] {
  const parts = [...path.matchAll(pathPart)];
  if (path.startsWith(".") || parts.reduce((length, [part]) => length + part.length, 0) !== path.length) throw wrongSelector(selector);
  return parts.map(([, key, place, quoted]) => {
    if (quoted !== undefined) return unquote(quoted, selector);
    return key ?? Number(place);
  });
}

function unquote(text: string, selector: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw wrongSelector(selector);
  }
}

function wrongSelector(text: string): FairleadError {
  return new FairleadError("input", `read selector "${text}": it is not Kind/name#path or Kind/namespace/name#path`, {
    hint: 'name an object, and if need be a field: Deployment/web/app#spec.template, ConfigMap/app#data["runner.image"]',
  });
}
