import type { Field } from "./field.ts";
import type { Pipeline } from "./pipeline.ts";

/** The properties of a pipeline that is not loaded, for help and for errors in what was typed. */
export interface PipelineEntry {
  readonly name: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly runs: Pipeline["runs"];
  readonly fields: readonly Field[];
  /** Loads the pipeline's file, and no other's. */
  readonly load: () => Promise<Pipeline>;
}
