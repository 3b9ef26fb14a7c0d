import { z } from "zod";
import { duration } from "../quantity.ts";
import type { FieldMeta } from "../run/input.ts";
import type { Rule } from "../run/rules.ts";

/** The fields that make a deployment wait before it ends. */
export const waitFields = {
  wait: z
    .enum(["merged", "ready"])
    .optional()
    .describe("wait until the pull request is merged, or until Flux has then reported the change as ready")
    .meta({ byDefault: "end at once" } satisfies FieldMeta),
  timeout: duration({ days: 7, zero: true })
    .prefault("30m")
    .describe("stop waiting with an error after this time; 0s looks once")
    .meta({ kind: "duration" } satisfies FieldMeta),
  readyStatus: z
    .string()
    .min(1)
    .optional()
    .describe("wait for this commit status alone, such as kustomization/apps, when waiting for ready")
    .meta({ byDefault: "every status that Flux has reported", placeholder: "NAME" } satisfies FieldMeta),
};

type WaitFields = z.output<z.ZodObject<typeof waitFields>>;

/** A status is read only by a deployment that waits for Flux. */
export const waitRule: Rule<Pick<WaitFields, "wait" | "readyStatus">> = {
  fields: ["wait", "readyStatus"],
  check: ({ wait, readyStatus }) =>
    readyStatus === undefined || wait === "ready"
      ? []
      : [{ field: "readyStatus", message: "nothing waits for it", hint: "wait for ready, or leave the status out" }],
};
