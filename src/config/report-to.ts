import { z } from "zod";

/** A host and an owner, with or without the name of a repository. */
const place = /^[^\s/:*@]+(:\d+)?(\/[^\s/:*@]+)+$/;

/** What is expected of a place. */
export const expectedPlace = "expected HOST/OWNER/NAME, or HOST/OWNER for all of an owner";

/** Tells whether a text is a repository, or an owner with all of their repositories. */
export function isReportPlace(text: string): boolean {
  return place.test(text);
}

/** Returns the schema of the repositories that labels of images may name. */
export function reportToSchema(): z.ZodType<readonly string[]> {
  return z.array(z.string().regex(place, { error: expectedPlace }));
}
