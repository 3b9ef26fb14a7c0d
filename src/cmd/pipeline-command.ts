import { existsSync } from "node:fs";
import type { Pipeline } from "../core/run/pipeline.ts";
import { FairleadError } from "../core/errors.ts";
import type { PipelineEntry } from "../core/run/pipeline-entry.ts";
import type { Command, CommandBody } from "./command.ts";
import { dryRunFlag, type Flag } from "./flag.ts";
import { usualConfig } from "./usual-config.ts";

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

/** `--report`: who tells the end of a run. */
const reportFlag: Flag = {
  name: "reports",
  kind: "list",
  sentence: "report the end of the run on its commit by this reporter; auto is a check where an App is, else a status",
  byDefault: "nothing is reported",
  placeholder: "NAME|auto",
  required: false,
  group: "This run",
};

/** `--report-to`: what labels of an image may choose. */
const reportToFlag: Flag = {
  name: "reportTo",
  kind: "list",
  sentence: "report to this repository, or to those of this owner, also where only the labels of an image name it",
  byDefault: "to that of the CI job alone",
  placeholder: "HOST/OWNER[/NAME]",
  required: false,
  group: "This run",
};

/** Pipelines that are about a commit. */
const reported: ReadonlySet<string> = new Set(["build", "deploy", "retag", "ship"]);

/** Of them, those that take images that others have built: labels name their commits. */
const labeled: ReadonlySet<string> = new Set(["deploy"]);

/** Pipelines whose page has not their name, and those that have none. */
const pages: Readonly<Record<string, string>> = {
  build: "ship.md",
  "create-repository": "ecr.md",
  deploy: "deploy.md",
  retag: "retag.md",
  ship: "ship.md",
};

/** `--config`: a configuration that counts as a whole, as the one that is only found does not. */
export const configFlag: Flag = {
  name: "config",
  kind: "string",
  sentence: "read credentials, servers and defaults from this configuration",
  byDefault: `only defaults, from the ${usualConfig} of the working folder`,
  placeholder: "FILE",
  required: false,
  group: "This run",
};

/** Returns what fills in the flags of a command. Nothing is loaded where there is no file to read. */
export function fillFrom(fields: readonly Flag[], load?: () => Promise<Pipeline>): NonNullable<CommandBody["fill"]> {
  return async (env, given) => {
    if (typeof given.environment === "string" && given.config === undefined) {
      throw new FairleadError("input", `find environment ${given.environment}: no configuration is named`, {
        hint: `say --config ${usualConfig}`,
      });
    }
    if (given.config === undefined && !existsSync(usualConfig))
      return { values: {}, from: {}, told: [], notices: [], untypedHosts: [], config: undefined };
    const { fillFromFiles } = await import("./file-defaults.ts");
    return await fillFromFiles({ fields, pipeline: await load?.() }, env, given);
  };
}

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
        flags: [
          ...fields,
          dryRunFlag,
          ...(reported.has(name) ? [reportFlag] : []),
          ...(labeled.has(name) ? [reportToFlag] : []),
          ...engine,
          plainHttpFlag,
          configFlag,
        ],
        fill: fillFrom(fields, load),
        keepsSteps: ({ dryRun }) => dryRun !== true,
        async run(session, values) {
          const [{ runPipelineCommand }, pipeline] = await Promise.all([import("./run-pipeline.ts"), load()]);
          return await runPipelineCommand(pipeline, fields, session, values);
        },
      }),
  };
}
