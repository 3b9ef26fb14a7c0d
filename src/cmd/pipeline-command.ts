import type { PipelineEntry } from "../core/run/pipeline-entry.ts";
import type { Command } from "./command.ts";
import { dryRunFlag, type Flag } from "./flag.ts";

const engineFlag: Flag = {
  name: "engine",
  kind: "string",
  sentence: "Dagger engine to use: auto, docker, native, or an address; without it, FAIRLEAD_ENGINE, then auto",
  required: false,
};

/** Where no TLS is spoken. */
export const plainHttpFlag: Flag = {
  name: "plainHttp",
  kind: "list",
  sentence: "Host of a registry, a Git server or an API that is spoken to without TLS, with its port; this machine always is",
  required: false,
};

/** Returns the command that runs a pipeline. Its flags are the pipeline's fields; the pipeline itself is loaded when it is run. */
export function pipelineCommand({ name, summary, example, fields, load }: PipelineEntry): Command {
  return {
    name,
    group: "Pipelines",
    summary,
    example,
    load: () =>
      Promise.resolve({
        flags: [...fields, dryRunFlag, engineFlag, plainHttpFlag],
        async run(session, values) {
          const [{ runPipelineCommand }, pipeline] = await Promise.all([import("./run-pipeline.ts"), load()]);
          return await runPipelineCommand(pipeline, fields, session, values);
        },
      }),
  };
}
