import type { CommandBody } from "../../src/cmd/command.ts";
import { oneOf } from "../../src/cmd/one-of.ts";
import { readYaml, type Path } from "../../src/config/document.ts";
import { absoluteReference } from "../../src/config/paths.ts";
import { formatPath, formatProblem } from "../../src/config/problem.ts";
import type { FileProblem } from "../../src/core/errors.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { pathsBeside } from "../../src/config/file.ts";
import { openFileText, type OpenFile } from "../../src/secrets.ts";
import { readListenerFile } from "../config/file.ts";
import { openSecretFiles } from "../config/open-files.ts";
import type { ConfigWarning } from "../config/warnings.ts";
import { readConfig } from "../config.ts";
import { receivers } from "../receivers/index.ts";
import { configFlag, configPath } from "./config-flag.ts";
import { formatTable } from "./table.ts";

/** `fairlead config check`: tells all that is wrong with a configuration. It reveals no secret, and opens no store. */
const check: CommandBody = {
  flags: [configFlag],
  async run({ report }, values) {
    const file = configPath(values);
    const text = await readListenerFile(file);
    const config = readConfig(text, { path: file, absolute: pathsBeside(file), receivers, pipelines });
    const ofFiles = await openSecretFiles(config);
    const { hash, sources, routes } = config;
    const warnings = placeWarnings([...config.warnings, ...ofFiles.map((each) => fileWarning(each, text, file))], text, file);
    for (const each of warnings) report({ type: "warning", message: formatProblem(each) });
    const shown = routes.map(({ name, pipeline, when }) => ({ name, pipeline: pipeline.name, source: when.source }));
    return {
      json: {
        file,
        hash: `sha256:${hash}`,
        sources: sources.map(({ name }) => name),
        routes: shown,
        warnings: warnings.map(({ file: _, ...each }) => each),
      },
      text: [
        `${file} has no errors: ${counted(sources, "source")}, ${counted(routes, "route")}`,
        ...(routes.length === 0 ? [] : formatTable(["ROUTE", "PIPELINE", "SOURCE"], shown.map(Object.values<string>))),
      ],
    };
  },
};

/** `fairlead config`: what is done with a configuration alone. */
export const configBody: CommandBody = oneOf({
  command: "config",
  field: "action",
  sentence: "action on the configuration",
  bodies: { check },
});

/** Returns the warnings with their places in the text, in its order. */
function placeWarnings(warnings: readonly ConfigWarning[], text: string, file: string): readonly FileProblem[] {
  const { document, positionOf } = readYaml(text);
  return warnings
    .map(({ path, message }) => ({ path, message, offset: document?.place(path, "value").offset ?? 0 }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ path, message, offset }) => ({ file, ...positionOf(offset), path: formatPath(path), message }));
}

/** Returns the warning of an open file, at the first place that names it: a secret may have several. */
function fileWarning(open: OpenFile, text: string, file: string): ConfigWarning {
  const reference = `file:${open.file}`;
  const path = pathTo(readYaml(text).document?.value, (each) => absoluteReference(each, pathsBeside(file)) === reference);
  return { path: path ?? [], message: openFileText(open) };
}

function pathTo(value: unknown, isMeant: (text: string) => boolean): Path | undefined {
  if (typeof value === "string") return isMeant(value) ? [] : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, each] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const below = pathTo(each, isMeant);
    if (below !== undefined) return [key, ...below];
  }
  return undefined;
}

function counted(list: readonly unknown[], what: string): string {
  return `${list.length} ${what}${list.length === 1 ? "" : "s"}`;
}
