import type { Pipeline } from "../core/run/pipeline.ts";
import type { Flag } from "./flag.ts";

/**
 * Returns the flags of a pipeline's schema. In the bundle this module is replaced by a table of the same flags (scripts/build.ts):
 * zod and the schemas take as long to load as Node itself, and a mistyped flag or a help text needs neither.
 */
export async function pipelineFlags(_name: string, load: () => Promise<Pipeline>): Promise<readonly Flag[]> {
  const [{ flagsOf }, pipeline] = await Promise.all([import("./flags.ts"), load()]);
  return flagsOf(pipeline.input);
}
