import type { PipelineEntry } from "../core/run/pipeline-entry.ts";
import type { Command } from "./command.ts";
import { dryRunFlag, type Flag } from "./flag.ts";

const engineFlag: Flag = {
  name: "engine",
  kind: "string",
  sentence: "build on this Dagger engine",
  byDefault: "FAIRLEAD_ENGINE, else auto",
  placeholder: "auto|docker|native|ADDRESS",
  required: false,
  group: "This run",
};

/** `--plain-http`: hosts to which no TLS is spoken. */
export const plainHttpFlag: Flag = {
  name: "plainHttp",
  kind: "list",
  sentence: "speak plain HTTP, without TLS, to this registry, Git server or API",
  byDefault: "to this machine alone",
  placeholder: "HOST[:PORT]",
  required: false,
  group: "This run",
};

/** Pipelines whose page has not their name, and those that have none. */
const pages: Readonly<Record<string, string>> = {
  build: "ship.md",
  "create-repository": "ecr.md",
  deploy: "deploy.md",
  retag: "retag.md",
  ship: "ship.md",
};

/** Returns the command that runs a pipeline. Its flags are the pipeline's fields; the pipeline itself is loaded when it is run. */
export function pipelineCommand({ name, summary, examples, runs, fields, load }: PipelineEntry): Command {
  const engine = runs === "their code" ? [engineFlag] : []; // an engine runs it, and nothing else does
  return {
    name,
    group: "Pipelines",
    summary,
    examples,
    page: pages[name] ?? "commands.md",
    load: () =>
      Promise.resolve({
        flags: [...fields, dryRunFlag, ...engine, plainHttpFlag],
        async run(session, values) {
          const [{ runPipelineCommand }, pipeline] = await Promise.all([import("./run-pipeline.ts"), load()]);
          return await runPipelineCommand(pipeline, fields, session, values);
        },
      }),
  };
}
