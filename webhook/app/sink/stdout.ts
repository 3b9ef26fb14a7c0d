import type { AppSecrets, SecretReferences, Sink } from "./sink.ts";

/** Returns the place that is whoever reads stdout: what is written there is kept nowhere else. */
export function stdoutSink(references: SecretReferences, handOver: string, give: (secrets: AppSecrets) => void): Sink {
  return {
    references,
    handOver,
    place: "stdout",
    written: [],
    read: () => Promise.resolve(undefined),
    prepare: () => Promise.resolve(),
    write(secrets) {
      give(secrets);
      return Promise.resolve();
    },
  };
}
