import { formatImageRepository, type ImageRef } from "../../image/image.ts";
import type { ManifestDocument } from "./compose.ts";
import { type ManifestNode, type ScalarNode } from "./node.ts";
import { readNamedScalar } from "./named-scalar.ts";
import type { Manifest } from "./parse.ts";
import { findMarked, isMarkedLine } from "./policies.ts";
import { lastPart, namesRepository, type Reference } from "./reference.ts";
import { readsAs } from "./scalar.ts";
import { findReferences } from "./search.ts";
import { nodesBelow, selectNode, type Selector } from "./selector.ts";
import { settle } from "./settle.ts";

/** What is asked of each file. */
export interface Question {
  readonly image: ImageRef;
  readonly selector: Selector | undefined;
  readonly policies: ReadonlySet<string>;
}

/** A scalar of a reference to the image's repository, and what it must read as. */
export interface WantedScalar {
  readonly document: number;
  readonly scalar: ScalarNode;
  readonly to: string;
}

/** Why an edit would do harm, and what to do about it. */
export interface Conflict {
  readonly message: string;
  readonly hint: string;
}

/** What a file holds of the image. Messages begin with the file's path. */
export interface Findings {
  readonly manifest: Manifest;
  /** By scalar, since several references can follow one anchor. Some read as wanted already. */
  readonly wanted: Map<ScalarNode, WantedScalar>;
  /** How many references may be written or are up to date. */
  count: number;
  /** References that may not be written, and why. */
  readonly leftAlone: string[];
  readonly warnings: string[];
  readonly conflicts: Conflict[];
  /** Other repositories that were seen. */
  readonly others: Set<string>;
}

/** Returns all that a file holds of the image, or of what the selector leaves of it. */
export function findInManifest(manifest: Manifest, question: Question): Findings {
  const findings: Findings = { manifest, wanted: new Map(), count: 0, leftAlone: [], warnings: [], conflicts: [], others: new Set() };
  for (const document of manifest.documents) findInDocument(document, question, findings);
  const isDuplicate = manifest.documents.some(({ duplicate }) => duplicate !== undefined);
  if (isDuplicate && findings.leftAlone.length === 0 && manifest.text.includes(lastPart(question.image)) && question.selector === undefined)
    findings.warnings.push(`${manifest.path}: left alone: ${manifest.leftAlone}`);
  for (const { scalar, to } of findings.wanted.values()) {
    if (!readsAs(scalar, to) && isMarkedLine(manifest, scalar))
      findings.warnings.push(`${at(manifest, scalar)}: Flux may write here too: the line has an $imagepolicy marker`);
  }
  return findings;
}

function findInDocument(document: ManifestDocument, question: Question, findings: Findings): void {
  const { manifest } = findings;
  const { image, policies, selector } = question;
  const selected = selector === undefined ? document.root : selectNode(document, selector);
  if (selected === undefined) return;
  const byForm = findReferences(document);
  const found = [...byForm, ...findMarked(manifest, document, policies, byForm, image)];
  const [ours, others] = partition(found, ({ name }) => namesRepository(name, image));
  for (const { name } of others) findings.others.add(name);
  if (selector !== undefined && selected.kind === "scalar") takeNamed(selected, found, document, question, findings);
  else for (const reference of ours.filter(isWithin(selected, document))) take(reference, document.index, image, findings);
  for (const reference of others) refuseSharedAnchor(reference, selected, findings);
}

/** By the selector all fields of a reference are chosen or none; one without fields is where its map is. */
function isWithin(selected: ManifestNode, document: ManifestDocument): (reference: Reference) => boolean {
  if (selected === document.root) return () => true;
  const below = nodesBelow(selected);
  return ({ fields, owner }) => (fields.length === 0 ? below.has(owner) : fields.every(({ scalar }) => below.has(scalar)));
}

function takeNamed(
  scalar: ScalarNode,
  found: readonly Reference[],
  document: ManifestDocument,
  question: Question,
  findings: Findings,
): void {
  const { registry, repository } = question.image;
  const named = readNamedScalar(scalar, formatImageRepository({ registry, repository }), question.image, found);
  if ("conflict" in named) findings.conflicts.push({ message: `${at(findings.manifest, scalar)}: ${named.conflict}`, hint: named.hint });
  else take(named.reference, document.index, question.image, findings);
}

function take(reference: Reference, document: number, image: ImageRef, findings: Findings): void {
  const { manifest, wanted } = findings;
  if (manifest.leftAlone !== undefined) {
    if (findings.leftAlone.length === 0) findings.leftAlone.push(`${manifest.path}: left alone: ${manifest.leftAlone}`);
    return;
  }
  const settlement = settle(reference, image);
  const where = at(manifest, reference.fields[0]?.scalar ?? reference.owner);
  if (settlement.kind === "left-alone") findings.leftAlone.push(`${where}: left alone: ${settlement.why}`);
  if (settlement.kind === "conflict") findings.conflicts.push({ message: `${where}: ${settlement.why}`, hint: settlement.hint });
  if (settlement.kind !== "set") return;
  const scalars = [...settlement.values.keys()];
  if (!scalars.every((scalar) => wanted.has(scalar))) {
    findings.count++;
    if (settlement.warning !== undefined) findings.warnings.push(`${where}: ${settlement.warning}`);
  }
  for (const [scalar, to] of settlement.values) {
    if ((wanted.get(scalar)?.to ?? to) !== to)
      findings.conflicts.push({ message: `${where}: two references follow one anchor and need different values`, hint: sharedAnchorHint });
    wanted.set(scalar, { document, scalar, to });
  }
}

const sharedAnchorHint = "give each of them a value of its own in the manifest";

/** A change must not reach another repository through an anchor. A scalar that a selector names is changed where it stands on purpose. */
function refuseSharedAnchor(other: Reference, selected: ManifestNode, { manifest, wanted, conflicts }: Findings): void {
  for (const { scalar } of other.fields) {
    const to = wanted.get(scalar)?.to;
    const isNamed = scalar === selected && scalar.place?.parent === other.owner.place;
    if (to !== undefined && !readsAs(scalar, to) && !isNamed)
      conflicts.push({
        message: `${at(manifest, scalar)}: ${other.name} follows the same anchor and would change too`,
        hint: sharedAnchorHint,
      });
  }
}

function at(manifest: Manifest, node: ManifestNode): string {
  return node.kind === "scalar" ? `${manifest.path}:${manifest.line(node.start)}` : manifest.path;
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
