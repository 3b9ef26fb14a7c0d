import { createHash } from "node:crypto";
import { z } from "zod";
import { adapters, tokenDefault } from "../adapters.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { checkedText, secret, type FieldMeta } from "../core/run/input.ts";
import { FairleadError } from "../core/errors.ts";
import type { Rule } from "../core/run/rules.ts";

/** Returns the token that opens the repository of the input. */
export const dispatchToken = {
  token: secret(({ repository }) => ({ for: formatRepository(repository as Repository), kind: "token" }))
    .optional()
    .describe("start the workflow with this token")
    .meta({ byDefault: tokenDefault(adapters.gitProviders) } satisfies FieldMeta),
};

/** Returns the schema of the name of a workflow's file. */
export function workflowFile() {
  return checkedText((text) => {
    if (/^[\w.-]+\.ya?ml$/.test(text)) return;
    throw new FairleadError("input", `"${text}" is not the name of a workflow's file`, {
      hint: "name it without its folder, such as deploy.yaml",
    });
  }).meta({ kind: "string", placeholder: "FILE" } satisfies FieldMeta);
}

/** The output about the run that was started. */
export const runOutput = {
  id: z.string().nullable().describe("id of the run; none where nobody has told it").meta({ output: "run" }),
  url: z.string().nullable().describe("page of the run").meta({ output: "run-url" }),
  conclusion: z.string().nullable().describe("end of the run, such as success; none where nobody waited").meta({ output: "conclusion" }),
};

/** Returns a text that the title of the run has and that of no other: the same for a dispatch that is made again. */
export function markOf(...about: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(about)).digest("hex").slice(0, 16);
}

/** The name of an input, or of a key of the payload, that the run's title shows. */
export function correlationName(what: string): z.ZodType<string, string> {
  return checkedText((text) => {
    if (/^[A-Za-z_][\w-]{0,99}$/.test(text)) return;
    throw new FairleadError("input", `"${text}" cannot be the name of ${what}`, { hint: "write letters, digits, hyphens and underscores" });
  });
}

/** What is given cannot be what tells the run from others. */
export function correlationRule(given: string, correlation: string): Rule<Readonly<Record<string, unknown>>> {
  return {
    fields: [given, correlation],
    check: (values) => {
      const name = values[correlation];
      const taken = typeof name === "string" && Object.hasOwn(values[given] as object, name);
      return taken
        ? [{ field: correlation, message: `"${String(name)}" is given a value too`, hint: "leave the value out: fairlead makes it" }]
        : [];
    },
  };
}

/** What only a wait reads. */
export function waitOnlyRule(...names: readonly string[]): Rule<Readonly<Record<string, unknown>>> {
  return {
    fields: ["wait", ...names],
    check: (values) =>
      names
        .filter((name) => values[name] !== undefined && values.wait === false)
        .map((field) => ({ field, message: "nothing waits for it", hint: "add --wait, or leave it out" })),
  };
}
