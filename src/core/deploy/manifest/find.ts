import { neverStopped, paced } from "../../breathe.ts";
import { formatImageRepository, type ImageRef } from "../../image/image.ts";
import type { ManifestDocument } from "./compose.ts";
import { at, type Findings, type Question } from "./findings.ts";
import { nodesBetweenBreaths } from "./limits.ts";
import { type ManifestNode, type ScalarNode } from "./node.ts";
import { readNamedScalar } from "./named-scalar.ts";
import type { Manifest } from "./parse.ts";
import { findMentions } from "./mentions.ts";
import { differentTags, inputProviders } from "./object-warnings.ts";
import { findMarked, lineMarkers } from "./policies.ts";
import { isReferenceTo, lastPart, takenScalars, type Reference } from "./reference.ts";
import { readsAs } from "./scalar.ts";
import { findReferences } from "./search.ts";
import { nodesBelow, selectNode } from "./selector.ts";
import { unsetSiblings } from "./unset-siblings.ts";
import { planReference } from "./plan-reference.ts";
import { noteSharedAnchor, sharedAnchorHint } from "./shared-anchor.ts";

/** Returns the references to the image in a file, within the selector if there is one. */
export async function findInManifest(manifest: Manifest, question: Question, breathe = neverStopped): Promise<Findings> {
  const findings: Findings = {
    manifest,
    wanted: new Map(),
    running: [],
    count: 0,
    leftAlone: [],
    warnings: [],
    conflicts: [],
    mentions: [],
    others: new Set(),
  };
  const pace = paced(breathe, nodesBetweenBreaths);
  for (const document of manifest.documents) {
    findInDocument(document, question, findings);
    await pace(document.nodes.length);
  }
  const isDuplicate = manifest.documents.some(({ duplicate }) => duplicate !== undefined);
  if (isDuplicate && findings.leftAlone.length === 0 && manifest.text.includes(lastPart(question.image)) && question.selector === undefined)
    findings.warnings.push(`${manifest.path}: left alone: ${manifest.leftAlone}`);
  findings.warnings.push(...mentionWarnings(findings));
  const isMarked = lineMarkers(manifest);
  for (const { scalar, to } of findings.wanted.values()) {
    if (!readsAs(scalar, to) && isMarked(scalar))
      findings.warnings.push(`${at(manifest, scalar)}: Flux may write here too: the line has an $imagepolicy marker`);
  }
  return findings;
}

/** More would hide the other warnings. */
const mostMentions = 10;

function mentionWarnings({ manifest, mentions }: Findings): readonly string[] {
  const told = mentions.filter(({ isWanted }) => !isWanted).map(({ message }) => message);
  const left = told.length - mostMentions;
  return left <= 0
    ? told
    : [...told.slice(0, mostMentions), `${manifest.path}: ${left} more places name the image, and are left as they are`];
}

function findInDocument(document: ManifestDocument, question: Question, findings: Findings): void {
  const { manifest } = findings;
  const { image, policies, selector } = question;
  const selected = selector === undefined ? document.root : selectNode(document.root, selector);
  if (selected === undefined) return;
  const byForm = findReferences(document);
  const marked = findMarked(manifest, document, policies, byForm, image);
  const found = [...withoutSet(byForm, marked), ...marked];
  const [ours, others] = partition(found, (each) => isReferenceTo(each, image));
  for (const { name } of others) findings.others.add(name);
  const isSelected = isWithin(selected, document);
  if (selector !== undefined && selected.kind === "scalar") takeNamed(selected, found, document, question, findings);
  else takeAll(ours.filter(isSelected), document.index, { image, taken: takenScalars(found) }, findings);
  if (selector === undefined) findings.warnings.push(...inputProviders(document, image, findings));
  if (manifest.leftAlone === undefined && (selector === undefined || selected.kind !== "scalar"))
    findings.mentions.push(...findMentions(manifest, document, found, image, isBelow(selected, document)));
  for (const reference of others) noteSharedAnchor(reference, selected, findings, isSelected(reference) ? question.others : []);
}

/** Returns the references whose tag is not set by a marker. */
function withoutSet(byForm: readonly Reference[], marked: readonly Reference[]): readonly Reference[] {
  const set = takenScalars(marked);
  return byForm.filter(({ beside }) => beside === undefined || !set.has(beside));
}

/** The image, and the scalars of all references of a document. */
interface Taking {
  readonly image: ImageRef;
  readonly taken: ReadonlySet<ManifestNode>;
}

function takeAll(references: readonly Reference[], document: number, { image, taken }: Taking, findings: Findings): void {
  for (const reference of references)
    if (take(reference, document, image, findings)) findings.warnings.push(...unsetSiblings(reference, image, taken, findings));
  findings.warnings.push(...differentTags(references, image, findings));
}

/** A selector chooses all fields of a reference or none. A reference without fields stands where its map is. */
function isWithin(selected: ManifestNode, document: ManifestDocument): (reference: Reference) => boolean {
  const isIn = isBelow(selected, document);
  return ({ fields, owner }) => (fields.length === 0 ? isIn(owner) : fields.every(({ scalar }) => isIn(scalar)));
}

function isBelow(selected: ManifestNode, document: ManifestDocument): (node: ManifestNode) => boolean {
  if (selected === document.root) return () => true;
  const below = nodesBelow(selected);
  return (node) => below.has(node);
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
  else if (take(named.reference, document.index, question.image, findings)) {
    const own = found.find(({ fields }) => fields.some((field) => field.scalar === scalar));
    if (own !== undefined) findings.warnings.push(...unsetSiblings(own, question.image, takenScalars(found), findings));
  }
}

/** A reference without a field to write stands where its name does, or else where the first scalar of its map does. */
function placeOf(manifest: Manifest, { fields, named, owner }: Reference): string {
  const first = owner.kind === "map" ? owner.entries.values().find(({ kind }) => kind === "scalar") : undefined;
  return at(manifest, fields[0]?.scalar ?? named ?? first ?? owner);
}

/** Returns true if the reference is one that is set, and was not found before. */
function take(reference: Reference, document: number, image: ImageRef, findings: Findings): boolean {
  const { manifest, wanted } = findings;
  if (manifest.leftAlone !== undefined) {
    if (findings.leftAlone.length === 0) findings.leftAlone.push(`${manifest.path}: left alone: ${manifest.leftAlone}`);
    return false;
  }
  const plan = planReference(reference, image);
  if (plan.kind !== "left-alone") findings.running.push(reference);
  const where = placeOf(manifest, reference);
  if (plan.kind === "left-alone") findings.leftAlone.push(`${where}: left alone: ${plan.why}`);
  if (plan.kind === "conflict") findings.conflicts.push({ message: `${where}: ${plan.why}`, hint: plan.hint });
  if (plan.kind !== "set") return false;
  const isNew = ![...plan.values.keys()].every((scalar) => wanted.has(scalar));
  if (isNew) {
    findings.count++;
    if (plan.warning !== undefined) findings.warnings.push(`${where}: ${plan.warning}`);
  }
  for (const [scalar, to] of plan.values) {
    if ((wanted.get(scalar)?.to ?? to) !== to)
      findings.conflicts.push({ message: `${where}: two references follow one anchor and need different values`, hint: sharedAnchorHint });
    wanted.set(scalar, { document, scalar, to });
  }
  return isNew;
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
