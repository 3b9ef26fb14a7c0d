// The limits of an edit. Within them it takes seconds, and hears a signal within a tenth of one.
import { FairleadError } from "../../errors.ts";

/** Characters of YAML, and nodes of it, between two breaths. */
export const shareOfWork = 64 * 1024;
export const nodesBetweenBreaths = 20_000;

/** Characters of one document. etcd takes no object over 1.5 MiB, as JSON: https://etcd.io/docs/v3.5/dev-guide/limit/ */
export const longestDocument = 1024 * 1024;

/** Levels of a document. No person writes more, and each costs stack. */
export const deepestNode = 500;

/** Bytes of one file, and of all files that one edit parses. */
export const largestFile = 8 * 1024 * 1024;
export const mostBytes = 32 * 1024 * 1024;

/** Scalars that one edit changes. */
export const mostPlaces = 10_000;

/** Returns the error of an edit that is larger than that. */
export function tooLarge(doing: string, what: string): FairleadError {
  return new FairleadError("unsupported", `${doing}: ${what}`, { hint: "name a folder or an object that has less, one after the other" });
}
