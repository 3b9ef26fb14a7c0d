import { readConfigFile } from "../../src/config/file.ts";
import { FairleadError } from "../../src/core/errors.ts";

/** Returns the text of the listener's configuration. Throws `input` where there is no file that can be read, or everybody may write it. */
export async function readListenerFile(path: string): Promise<string> {
  return await readConfigFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof FairleadError) throw cause;
    const message = `it cannot be read (${cause.code ?? "unknown"})`;
    throw new FairleadError("input", `read ${path}: ${message}`, {
      problems: [{ file: path, line: null, column: null, path: null, message }],
      hint:
        cause.code === "EACCES"
          ? "run the command as the user of the listener, who may read it"
          : "name the configuration with --config, or see docs/configuration.md for a first one",
      cause,
    });
  });
}
