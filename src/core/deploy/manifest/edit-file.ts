import type { Breathe } from "../../breathe.ts";
import { FairleadError } from "../../errors.ts";
import { formatImage, type ImageRef } from "../../image/image.ts";
import { spliceText, type Splice } from "../../text/splice.ts";
import type { Findings, WantedScalar } from "./findings.ts";
import { formatPlace, type ScalarNode } from "./node.ts";
import type { Manifest } from "./parse.ts";
import { proveEdit } from "./prove.ts";
import { readsAs, spliceScalar } from "./scalar.ts";

/** One scalar that changes. `from` and `to` are its values, not its source. */
export type ManifestChange = {
  readonly file: string;
  /** The document's index in the file, from 0. */
  readonly document: number;
  /** The path of the scalar itself: `spec.containers[0].image`. */
  readonly path: string;
  /** The line on which the scalar begins, from 1. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
};

/** One scalar that changes, and the images that it is set for: several if they share an anchor. */
export type ImagesChange = ManifestChange & { readonly images: readonly ImageRef[] };

/** The references to one of the images in a file. */
export interface ImageFindings {
  readonly image: ImageRef;
  readonly findings: Findings;
}

/** A file after the edit. */
export interface FileEdit {
  readonly path: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly splices: readonly Splice[];
  readonly changes: readonly ImagesChange[];
}

type Wanted = WantedScalar & { readonly images: readonly ImageRef[] };

/** Returns the proven edit of a file. Throws `conflict` if two images would be written in one place. */
export async function editFile(manifest: Manifest, found: readonly ImageFindings[], breathe: Breathe): Promise<FileEdit> {
  const changing = [...joinWanted(manifest, found).values()]
    .filter(({ scalar, to }) => !readsAs(scalar, to))
    .sort((a, b) => a.scalar.start - b.scalar.start);
  if (changing.length === 0) return { path: manifest.path, before: manifest.bytes, after: manifest.bytes, splices: [], changes: [] };
  const splices = changing.map(({ scalar, to }) => spliceScalar(scalar, to, manifest.text));
  const after = Buffer.from(spliceText(manifest.text, splices));
  await proveEdit(manifest, after, new Map(changing.map(({ scalar, to }) => [scalar, to])), splices, breathe);
  const change = ({ document, scalar, to, images }: Wanted): ImagesChange => ({
    file: manifest.path,
    document,
    path: formatPlace(scalar.place),
    line: manifest.line(scalar.start),
    from: scalar.text,
    to,
    images,
  });
  return { path: manifest.path, before: manifest.bytes, after, splices, changes: changing.map(change) };
}

function joinWanted(manifest: Manifest, found: readonly ImageFindings[]): ReadonlyMap<ScalarNode, Wanted> {
  const joined = new Map<ScalarNode, Wanted>();
  for (const { image, findings } of found) {
    for (const wanted of findings.wanted.values()) {
      const other = joined.get(wanted.scalar);
      if (other !== undefined && other.to !== wanted.to) throw onePlace(manifest, wanted.scalar, [...other.images, image]);
      joined.set(wanted.scalar, { ...wanted, images: [...(other?.images ?? []), image] });
    }
  }
  return joined;
}

function onePlace(manifest: Manifest, { start }: ScalarNode, images: readonly ImageRef[]): FairleadError {
  const names = images.map(formatImage).join(" and ");
  return new FairleadError("conflict", `set ${names}: ${manifest.path}:${manifest.line(start)}: both would be written in this one place`, {
    hint: "name an object or a place that has one of them, or set each by itself",
  });
}
