import { neverStopped, type Breathe } from "../../breathe.ts";
import { FairleadError } from "../../errors.ts";
import { digestDigits, type ImageRef } from "../../image/image.ts";
import type { ScalarNode } from "./node.ts";
import { parseManifest, type Manifest } from "./parse.ts";
import { isSameNode, placeComparison } from "./prove.ts";

type Files = ReadonlyMap<string, Uint8Array>;

/**
 * Proves, by the files alone, that `after` differs from `before` only in scalars, which hold a tag or digest of one of
 * the images.
 * Throws `internal` with the file: a bug of ours.
 */
export async function proveFiles(before: Files, after: Files, images: readonly ImageRef[], breathe = neverStopped): Promise<void> {
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const why = await whyNotProven(path, before.get(path), after.get(path), images, breathe);
    if (why === undefined) continue;
    throw new FairleadError("internal", `edit ${path}: ${why}`, { hint: "report this with the file; nothing has been written" });
  }
}

async function whyNotProven(
  path: string,
  old: Uint8Array | undefined,
  edited: Uint8Array | undefined,
  images: readonly ImageRef[],
  breathe: Breathe,
): Promise<string | undefined> {
  if (old === undefined || edited === undefined) return "a file would be added or taken away";
  const [before, after] = [await parseManifest(path, old, breathe), await parseManifest(path, edited, breathe)];
  if ("problem" in before || "problem" in after) return "it cannot be read";
  const changed = changedScalars(before, after);
  if (changed === undefined) return "more than scalars would change";
  const stray = changed.find(({ now }) => !isOfImage(now.text, images));
  if (stray !== undefined) return `line ${after.line(stray.now.start)} would get "${stray.now.text}", which is of no image of the change`;
  const kept =
    withoutSpans(
      before.text,
      changed.map(({ was }) => was),
    ) === withoutSpans(after.text, changed.map(spanAfter));
  return kept ? undefined : "text outside the scalars would change";
}

interface ChangedScalar {
  readonly was: ScalarNode;
  readonly now: ScalarNode;
}

/** Returns the scalars that differ, by place; undefined if anything else differs. */
function changedScalars(before: Manifest, after: Manifest): readonly ChangedScalar[] | undefined {
  const shape = ({ documents }: Manifest): string => documents.map(({ nodes }) => nodes.length).join(" ");
  if (shape(before) !== shape(after)) return undefined;
  const samePlace = placeComparison();
  const [old, edited] = [before, after].map(({ documents }) => documents.flatMap(({ nodes }) => nodes));
  const pairs = (old ?? []).map((was, at) => ({ was, now: edited?.[at] ?? was }));
  if (!pairs.every(({ was, now }) => samePlace(was, now))) return undefined;
  const changed = pairs.filter(({ was, now }) => !isSameNode(was, now));
  const isScalars = (pair: (typeof pairs)[number]): pair is ChangedScalar => pair.was.kind === "scalar" && pair.now.kind === "scalar";
  return changed.every(isScalars) ? changed : undefined;
}

/** An image string ends in the tag or digest; a key of its own holds nothing else. */
function isOfImage(text: string, images: readonly ImageRef[]): boolean {
  return images.some(({ tag, digest }) => {
    const pinned = digest === undefined ? `${tag}` : `${tag}@${digest}`;
    const digits = digest && digestDigits(digest);
    return [tag, digest, digits, pinned].includes(text) || text.endsWith(`:${tag}`) || text.endsWith(`:${pinned}`);
  });
}

/** The blank before a value that was empty belongs to the edit. */
function spanAfter({ was, now: { start, end } }: ChangedScalar): { readonly start: number; readonly end: number } {
  return { start: was.style === "empty" ? start - 1 : start, end };
}

function withoutSpans(text: string, spans: readonly { readonly start: number; readonly end: number }[]): string {
  let at = 0;
  const kept = spans
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end }) => {
      const piece = text.slice(at, start);
      at = end;
      return piece;
    });
  return [...kept, text.slice(at)].join("");
}
