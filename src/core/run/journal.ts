import type { Json } from "../json.ts";

/** The record of an ended step. */
export interface Recorded {
  readonly result: Json;
  readonly changed: boolean;
}

/**
 * Who may do a step that is done once among all runs. `ours`: this run; `since` is when a run first had the key, in milliseconds since 1970, or null for the
 * first. `held`: another run that has not ended has it. `done`: another run has done the step.
 */
export type Claimed =
  | { readonly state: "ours"; readonly since: number | null }
  | { readonly state: "held"; readonly by: string }
  | { readonly state: "done"; readonly result: Json };

/** The port to a run's journal. A run that lost its process resumes at its first unrecorded step. */
export interface Journal {
  read(run: string, step: string, key: string): Promise<Recorded | undefined>;
  /**
   * Called right before a step acts, however long it has planned.
   * Throws if the run belongs to another process by now; then the step does nothing.
   */
  begin(run: string, step: string, key: string): Promise<void>;
  /** Asks for the key of a step that is done once among all runs. */
  claim(run: string, step: string, key: string): Promise<Claimed>;
  record(run: string, step: string, key: string, entry: Recorded): Promise<void>;
}

/** Returns a journal that lives as long as the process. */
export function memoryJournal(): Journal {
  const entries = new Map<string, Recorded>();
  const at = (...key: readonly string[]): string => JSON.stringify(key);
  return {
    read: (run, step, key) => Promise.resolve(entries.get(at(run, step, key))),
    begin: () => Promise.resolve(),
    // it knows of no other run
    claim: () => Promise.resolve({ state: "ours", since: null }),
    record(run, step, key, entry) {
      entries.set(at(run, step, key), entry);
      return Promise.resolve();
    },
  };
}
