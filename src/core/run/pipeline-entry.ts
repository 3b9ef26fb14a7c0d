import type { Field } from "./field.ts";
import type { Pipeline } from "./pipeline.ts";

/** What is known of a pipeline without loading it, for help and for errors in what was typed. */
export interface PipelineEntry {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly fields: readonly Field[];
  /** Loads the pipeline's file, and no other's. */
  readonly load: () => Promise<Pipeline>;
}
