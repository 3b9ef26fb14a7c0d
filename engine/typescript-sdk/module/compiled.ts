// tsx takes some milliseconds for each file of a module, at every call. What it makes of them is kept beside them when they are put into the
// container, and used from then on. These hooks are asked before tsx's, which goes on resolving names, and loads what is not kept.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const kept = "/usr/lib/fairlead/kept";

/** Keeps from now on what tsx makes of the files of a folder that are imported, and of those that they import. None of them is run. */
export function keepCompiled(folder: string): void {
  registerHooks({
    load(url, context, next) {
      if (url.includes("/node_modules/")) return { format: "module", source: "", shortCircuit: true };
      const loaded = next(url, context);
      if (!isWithin(folder, url) || loaded.format !== "module" || typeof loaded.source !== "string") return loaded;
      const file = placeOf(url);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, loaded.source);
      return { format: "module", source: onlyImports(loaded.source), shortCircuit: true };
    },
  });
}

/** Loads from now on what was kept of the files of a folder. */
export function useCompiled(folder: string): void {
  registerHooks({
    load(url, context, next) {
      const source = isWithin(folder, url) ? readIfThere(placeOf(url)) : undefined;
      return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
    },
  });
}

/** Returns code that imports what this code imports of its own module, and does nothing else. A name that leads nowhere is left to the call. */
function onlyImports(source: string): string {
  const names = new Set([...source.matchAll(/\b(?:from|import)\s*\(?\s*(["'])([.#][^"'\n]*)\1/g)].map(([, , name]) => name));
  return [...names].map((name) => `void import(${JSON.stringify(name)}).catch(() => undefined);`).join("\n");
}

function isWithin(folder: string, url: string): boolean {
  return url.startsWith(`file://${folder}/`) && !url.includes("?") && !url.includes("/node_modules/");
}

function placeOf(url: string): string {
  return `${kept}${fileURLToPath(url)}`;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
