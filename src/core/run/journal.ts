import type { Json } from "../json.ts";

/** What a step left when it had ended. */
export interface Recorded {
  readonly result: Json;
  readonly changed: boolean;
}

/** The port to what a run has done so far: a run that lost its process goes on at its first unrecorded step. */
export interface Journal {
  read(run: string, step: string, key: string): Promise<Recorded | undefined>;
  /** Is asked right before a step acts, however long it has planned. Throws when the run is another process's by now: then the step does nothing. */
  begin(run: string, step: string, key: string): Promise<void>;
  record(run: string, step: string, key: string, entry: Recorded): Promise<void>;
}

/** Returns a journal that lives as long as the process. */
export function memoryJournal(): Journal {
  const entries = new Map<string, Recorded>();
  const at = (...key: readonly string[]): string => JSON.stringify(key);
  return {
    read: (run, step, key) => Promise.resolve(entries.get(at(run, step, key))),
    begin: () => Promise.resolve(),
    record(run, step, key, entry) {
      entries.set(at(run, step, key), entry);
      return Promise.resolve();
    },
  };
}
