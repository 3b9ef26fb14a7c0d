import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Absolute } from "../../src/config/paths.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { exposureText, writableByAll } from "../../src/core/file-exposure.ts";

/**
 * Returns what makes the paths in a configuration absolute. They count from the folder in which the file is named, not from that of a file to which a
 * link leads: Kubernetes keeps the files of a ConfigMap in a folder whose name changes.
 */
export function pathsBeside(file: string): Absolute {
  return (path) => resolve(dirname(file), path);
}

/** Returns the text of a configuration. Throws `input` where there is no file that can be read, or everybody may write it. */
export async function readConfigFile(path: string): Promise<string> {
  return await readOwnText(path).catch((cause: NodeJS.ErrnoException) => {
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

/** Whoever may write the configuration may name a command that we run. */
async function readOwnText(path: string): Promise<string> {
  await using file = await open(path);
  const exposure = writableByAll(await file.stat());
  if (exposure !== undefined) {
    throw new FairleadError("input", `read ${path}: it ${exposureText(exposure)}`, { hint: `look through it, and run chmod 644 ${path}` });
  }
  return await file.readFile("utf8");
}
