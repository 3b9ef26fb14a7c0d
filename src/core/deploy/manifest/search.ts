import type { ManifestDocument } from "./compose.ts";
import { forms, type Role } from "./forms.ts";
import { mapAt, textAt, type ManifestNode, type MapNode } from "./node.ts";
import { isName, type Reference } from "./reference.ts";

/** Maps under these keys are free text and hold no references, whatever their own keys are. */
const freeText = /^(?:labels|annotations|env|environment|args)$|(?:Labels|Annotations)$/;

/**
 * Values that are no references, by their object's kind; `*` is any kind. A selector with a path can still name them.
 */
const notSearched: readonly { readonly kind: string; readonly path: readonly string[] }[] = [
  { kind: "ImageRepository", path: ["spec", "image"] },
  ...["ConfigMap", "Secret"].flatMap((kind) => ["data", "binaryData", "stringData"].map((key) => ({ kind, path: [key] }))),
  { kind: "*", path: ["spec", "postBuild", "substitute"] },
];

/**
 * Returns a document's references to any repository. Each is returned once, even if several places follow its anchor.
 */
export function findReferences(document: ManifestDocument): readonly Reference[] {
  const found: Reference[] = [];
  const excluded = new Set<ManifestNode>();
  const seen = new Map<ManifestNode, Set<string>>();
  // A stack instead of recursion: aliases can make the graph deeper than the text.
  const pending: { readonly node: ManifestNode; readonly role: Role; readonly isFreeText: boolean }[] = [];
  const visit = (node: ManifestNode, role: Role, isFreeText: boolean): void => {
    const roles = seen.get(node) ?? new Set();
    const as = `${role} ${isFreeText}`;
    if (node.kind === "scalar" || excluded.has(node) || roles.has(as)) return;
    seen.set(node, roles.add(as));
    pending.push({ node, role, isFreeText });
  };
  visit(document.root, "other", false);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, role, isFreeText } = next;
    if (node.kind === "list") for (const item of node.items) visit(item, role === "images" ? "entry" : "other", false);
    if (node.kind !== "map") continue;
    for (const value of excludedValues(node)) excluded.add(value);
    if (!isFreeText) for (const form of forms) found.push(...form(node, role));
    for (const [key, value] of node.entries) visit(value, roleOf(key), freeText.test(key));
  }
  return found.filter((reference) => isName(reference.name) && !reference.fields.some(({ scalar }) => excluded.has(scalar)));
}

function roleOf(key: string): Role {
  if (key === "image" || key === "images") return key;
  return key.endsWith("Image") ? "other-image" : "other";
}

function excludedValues(object: MapNode): readonly ManifestNode[] {
  const kind = textAt(object, "kind");
  if (kind === "") return [];
  return notSearched
    .filter((each) => each.kind === "*" || each.kind === kind)
    .flatMap(({ path }) => {
      const above = path.slice(0, -1).reduce<MapNode | undefined>(mapAt, object);
      const value = above?.entries.get(path.at(-1) ?? "");
      return value === undefined ? [] : [value];
    });
}
