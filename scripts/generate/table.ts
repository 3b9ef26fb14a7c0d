// What is known of the pipelines without loading them.
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { generatedLine } from "./comment.ts";
import { functionName, identifier } from "./names.ts";

/** Returns the source of the table of pipelines. Each is loaded from the file of its name, as the export of that name in camelCase. */
export function tableSource(pipelines: readonly Pick<Pipeline, "name" | "summary" | "examples" | "runs" | "input">[]): string {
  return `${generatedLine}
import type { PipelineEntry } from "../core/run/pipeline-entry.ts";

/** All pipelines, by name. */
export const pipelineTable: readonly PipelineEntry[] = [
${pipelines
  .map(
    ({ name, summary, examples, runs, input }) => `{
    name: ${JSON.stringify(name)},
    summary: ${JSON.stringify(summary)},
    examples: ${JSON.stringify(examples)},
    runs: ${JSON.stringify(runs)},
    fields: ${JSON.stringify(fieldsOf(input))},
    load: async () => (await import("./${name}.ts")).${identifier(name, functionName(name))},
  },`,
  )
  .join("\n")}
];
`;
}
