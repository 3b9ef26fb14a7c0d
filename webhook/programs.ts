import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The programs that the listener starts: a worker, one run of a worker, and what is told of a run. */
export type ProgramName = "worker-process" | "run-process" | "report-process";

/** Returns where a program is: among the sources beside this file, in the bundle beside the program that runs. */
export function programPath(name: ProgramName): string {
  const source = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  return existsSync(source) ? source : join(dirname(realpathSync(process.argv[1] ?? ".")), `${name}.js`);
}
