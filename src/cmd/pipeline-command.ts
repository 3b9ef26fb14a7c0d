import type { Pipeline } from "../core/run/pipeline.ts";
import type { Command } from "./command.ts";
import { dryRunFlag, type Flag } from "./flag.ts";

/** What the list says of a pipeline, so that it need not be loaded to be listed. A test compares it with the pipeline. */
interface PipelineEntry {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly load: () => Promise<Pipeline>;
}

const engineFlag: Flag = {
  field: "engine",
  kind: "string",
  sentence: "Dagger engine to use: auto, docker, native, or an address; without it, FAIRLEAD_ENGINE, then auto",
  required: false,
};

/** Where no TLS is spoken. */
export const plainHttpFlag: Flag = {
  field: "plainHttp",
  kind: "list",
  sentence: "Host of a registry, a Git server or an API that is spoken to without TLS, with its port; this machine always is",
  required: false,
};

/** Returns the command that runs a pipeline. Its flags come from the pipeline's schema. */
export function pipelineCommand({ name, summary, example, load }: PipelineEntry): Command {
  return {
    name,
    summary,
    example,
    async load() {
      const { pipelineFlags } = await import("./pipeline-flags.ts");
      const own = await pipelineFlags(name, load);
      return {
        flags: [...own, dryRunFlag, engineFlag, plainHttpFlag],
        async run(session, values) {
          const [{ runPipelineCommand }, pipeline] = await Promise.all([import("./run-pipeline.ts"), load()]);
          return await runPipelineCommand(pipeline, own, session, values);
        },
      };
    },
  };
}
