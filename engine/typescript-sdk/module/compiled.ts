// tsx takes some milliseconds for each file of a module, at every call. What it would make of them is kept beside them when they are put into the
// container (compile.ts), and used from then on. This hook is asked before tsx's, which goes on resolving names, and loads what is not kept.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** Returns where what was made of a file is kept. */
export function keptPlace(file: string): string {
  return `/usr/lib/fairlead/kept${file}`;
}

/** Loads from now on what was kept of the files of a folder. */
export function useCompiled(folder: string): void {
  registerHooks({
    load(url, context, next) {
      const isOwn = url.startsWith(`file://${folder}/`) && !url.includes("?") && !url.includes("/node_modules/");
      const source = isOwn ? readIfThere(keptPlace(fileURLToPath(url))) : undefined;
      return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
    },
  });
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
