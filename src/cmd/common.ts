// What every command does by the flags that all have.
import { stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { FairleadError, inputError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { visibleJson } from "../core/text/visible.ts";
import type { Values } from "./command.ts";
import type { ProgressOptions } from "./progress/index.ts";

/** What a call is to print, and where. */
export interface Common {
  readonly progress: ProgressOptions["form"];
  /** Writes the result to the file that was named, if one was. */
  readonly writeMetadata: (result: Json) => Promise<void>;
}

/** Returns what the flags of all commands say. Throws `input` for those that contradict each other, and for a file that has no folder: a run must not
 * end with a result that has no place. */
export async function readCommon(command: string, values: Values): Promise<Common> {
  const { json, output, quiet, verbose, progress, metadataFile: file } = values;
  const problems = [
    ...(json === true && output === "table" ? [{ field: "output", message: "the result is wanted as a table and as JSON" }] : []),
    ...(quiet === true && (verbose === true || progress !== undefined)
      ? [{ field: "quiet", message: "progress is wanted, and none" }]
      : []),
  ];
  if (problems.length > 0) throw inputError(command, problems, "leave out one of both");
  if (typeof file === "string" && (await stat(dirname(file)).catch(() => undefined))?.isDirectory() !== true) {
    throw new FairleadError("input", `write ${file}: its folder does not exist`, {
      hint: "make the folder, or name another file with --metadata-file",
    });
  }
  return {
    progress: (progress ?? "auto") as ProgressOptions["form"],
    writeMetadata: async (result) => {
      if (typeof file === "string") await writeFile(file, `${visibleJson(JSON.stringify(result, null, 2))}\n`);
    },
  };
}
