/** The place of a node: its parent's place, and its key or list index. Undefined is the root of a document. */
export type Place = { readonly parent: Place; readonly key: string | number } | undefined;

/** The style of a scalar. An `empty` one has no text at all: `tag:`. */
export type ScalarStyle = "plain" | "single" | "double" | "block" | "empty";

/** A scalar. Its text follows YAML's failsafe schema: always a string, `~` and `1.20` as written. */
export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  readonly style: ScalarStyle;
  readonly text: string;
  /** An explicit tag, such as `tag:yaml.org,2002:int`. */
  readonly tag: string | undefined;
  /**
   * The source text in UTF-16 units: from quote to quote, or from a block's header on. If empty, the place for a value.
   */
  readonly start: number;
  readonly end: number;
}

/** A list. Items that are aliases are the nodes that they stand for. */
export interface ListNode {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly ManifestNode[];
}

/** A map. Values that are aliases are the nodes that they stand for, and merge keys (`<<`) are resolved. */
export interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, ManifestNode>;
}

/** A node of a document's graph. Two places that follow one anchor share one node. */
export type ManifestNode = ScalarNode | ListNode | MapNode;

/** An alias at its own place. Only the proof of an edit reads these. */
export interface AliasNode {
  readonly kind: "alias";
  readonly place: Place;
  readonly text: string;
}

/** Tells whether a scalar is null, which pins and names nothing. */
export function isNull(scalar: ScalarNode): boolean {
  return scalar.style === "empty" || (scalar.style === "plain" && /^(?:~|null|Null|NULL)$/.test(scalar.text));
}

/** Returns the scalar's text, empty where it is null. */
export function textOf(scalar: ScalarNode | undefined): string {
  return scalar === undefined || isNull(scalar) ? "" : scalar.text;
}

/** Returns the map's value of a key if it is a scalar. */
export function scalarAt(map: MapNode | undefined, key: string): ScalarNode | undefined {
  const value = map?.entries.get(key);
  return value?.kind === "scalar" ? value : undefined;
}

/** Returns the map's value of a key if it is a map. */
export function mapAt(map: MapNode | undefined, key: string): MapNode | undefined {
  const value = map?.entries.get(key);
  return value?.kind === "map" ? value : undefined;
}

/** Returns the text of the map's scalar of a key, empty where there is none. */
export function textAt(map: MapNode | undefined, key: string): string {
  return textOf(scalarAt(map, key));
}

/** Returns a place as people write it: `spec.containers[0].image`, `data["runner.image"]`. */
export function formatPlace(place: Place): string {
  const parts: string[] = [];
  for (let at = place; at !== undefined; at = at.parent) parts.push(formatKey(at.key));
  return parts.reverse().join("").replace(/^\./, "");
}

function formatKey(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return key === "" || /[.[\]"]/.test(key) ? `[${JSON.stringify(key)}]` : `.${key}`;
}
