import { duration } from "../quantity.ts";
import type { FieldMeta } from "../run/input.ts";

/** The field that makes a pipeline wait for an image that somebody is still building. */
export const waitForImageField = {
  waitForImage: duration()
    .optional()
    .describe("wait this long for an image that is not in its registry yet, such as 10m")
    .meta({ kind: "duration", byDefault: "do not wait" } satisfies FieldMeta),
};
