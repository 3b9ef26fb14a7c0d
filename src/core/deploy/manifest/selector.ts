import { FairleadError } from "../../errors.ts";
import { scalarAt, mapAt, type ManifestNode } from "./node.ts";

/** Objects by kind and name, and a path within them. */
export interface Selector {
  /** The text as given. */
  readonly text: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Keys, places in lists, and items of lists by the text of a key. Empty is the whole object. */
  readonly path: readonly Step[];
}

type Step = string | number | { readonly key: string; readonly text: string };

const objectPattern = /^([A-Za-z][A-Za-z0-9]*)\/(?:([^/#\s]+)\/)?([^/#\s]+)(?:#(.+))?$/s;
const pathPart = /(?:^|\.)([^.[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\[([\w-]+)=([^\]"]+|"(?:[^"\\]|\\.)*")\]/gsy;

/** Parses a selector: `Kind/name` or `Kind/namespace/name`, optionally followed by `#path.to.field`. Throws `input`. */
export function parseSelector(text: string): Selector {
  const selector = readSelector(text);
  if (selector === undefined) throw wrongSelector(text);
  return selector;
}

/** Returns what `parseSelector` returns; undefined where that throws. */
export function readSelector(text: string): Selector | undefined {
  const [, kind, namespace, name, path] = objectPattern.exec(text) ?? [];
  const steps = path === undefined ? [] : parsePath(path);
  return kind === undefined || name === undefined || steps === undefined ? undefined : { text, kind, namespace, name, path: steps };
}

/** Returns the node that the selector names; undefined if the root is another object, or has no such path. */
export function selectNode(root: ManifestNode, selector: Selector): ManifestNode | undefined {
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

function step(node: ManifestNode | undefined, to: Step): ManifestNode | undefined {
  if (node?.kind === "map") return typeof to === "string" ? node.entries.get(to) : undefined;
  if (node?.kind !== "list") return undefined;
  if (typeof to === "number") return node.items[to];
  if (typeof to === "string") return /^\d+$/.test(to) ? node.items[Number(to)] : undefined;
  const [found, second] = node.items.filter((item) => item.kind === "map" && scalarAt(item, to.key)?.text === to.text);
  return second === undefined ? found : undefined;
}

function parsePath(path: string): readonly Step[] | undefined {
  const parts = [...path.matchAll(pathPart)];
  const length = parts.reduce((sum, [part]) => sum + part.length, 0);
  // A JSON pointer would be read as one key, which no object has.
  if (/^[./]/.test(path) || length !== path.length) return undefined;
  const steps = parts.map(([, key, place, quoted, name, text]): Step | undefined => {
    if (quoted !== undefined) return unquote(quoted);
    if (name === undefined || text === undefined) return key ?? Number(place);
    const value = text.startsWith('"') ? unquote(text) : text;
    return value === undefined ? undefined : { key: name, text: value };
  });
  return steps.every((each) => each !== undefined) ? steps : undefined;
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function wrongSelector(text: string): FairleadError {
  return new FairleadError("input", `read selector "${text}": it is not Kind/name#path or Kind/namespace/name#path`, {
    hint: 'name an object, and if need be a field: Deployment/web/app#spec.template.spec.containers[name=app], ConfigMap/app#data["runner.image"]',
  });
}
