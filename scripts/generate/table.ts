// What is known of the pipelines without loading them.
import type { z } from "zod";
import { fieldsOf } from "../../src/core/run/fields.ts";
import { generatedLine } from "./comment.ts";
import { functionName, identifier } from "./names.ts";

/** Returns the source of the table of pipelines. Each is loaded from the file of its name, as the export of that name in camelCase. */
export function tableSource(pipelines: readonly { name: string; summary: string; example: string; input: z.ZodObject }[]): string {
  return `${generatedLine}
import type { PipelineEntry } from "../core/run/pipeline-entry.ts";

/** All pipelines, by name. */
export const pipelineTable: readonly PipelineEntry[] = [
${pipelines
  .map(
    ({ name, summary, example, input }) => `{
    name: ${JSON.stringify(name)},
    summary: ${JSON.stringify(summary)},
    example: ${JSON.stringify(example)},
    fields: ${JSON.stringify(fieldsOf(input))},
    load: async () => (await import("./${name}.ts")).${identifier(name, functionName(name))},
  },`,
  )
  .join("\n")}
];
`;
}
