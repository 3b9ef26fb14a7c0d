import { z } from "zod";
import type { Rule } from "../run/rules.ts";

/** The fields that make a deployment wait before it ends. */
export const waitFields = {
  wait: z.enum(["merged", "ready"]).optional().describe("wait until the pull request is merged, or until Flux reports that it is ready"),
  timeout: z.int().min(0).max(10_080).default(30).describe("minutes to wait at most; with 0, look once"),
  readyStatus: z
    .string()
    .min(1)
    .optional()
    .describe("commit status that says that it is ready, such as kustomization/apps; without it, all that Flux has reported"),
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
