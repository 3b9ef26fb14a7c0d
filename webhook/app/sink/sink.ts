import { FairleadError } from "../../../src/core/errors.ts";

/** What a new App's listener has to keep. */
export interface AppSecrets {
  readonly id: number;
  /** PEM. */
  readonly key: string;
  /** Proves deliveries. */
  readonly webhookSecret: string;
  /** Makes the address of the source. */
  readonly pathKey: string;
}

/** Where the listener finds them: `env:NAME` or `file:PATH`, a relative path counting from the folder of the configuration. */
export interface SecretReferences {
  readonly key: string;
  readonly webhookSecret: string;
  readonly pathKey: string;
}

/** A place for the secrets of one App. */
export interface Sink {
  readonly references: SecretReferences;
  /** Its name, as messages have it. */
  readonly place: string;
  /** What has to be done with them before the listener starts, as an imperative; undefined where it finds them. */
  readonly handOver: string | undefined;
  /** The files that it writes. */
  readonly written: readonly string[];
  /**
   * Returns the secrets that an earlier run has left; undefined where there are none. Throws `input` for a place that others may read, and `conflict` for
   * one that has some of them.
   */
  read(): Promise<AppSecrets | undefined>;
  /** Throws where `write` could not write: `read` has found nothing. */
  prepare(): Promise<void>;
  /** Writes all of them, or nothing. */
  write(secrets: AppSecrets): Promise<void>;
}

/** Returns secrets of which all were found; undefined for none. Throws `conflict` where some were: `place` names where. */
export function wholeSecrets(place: string, found: Readonly<Record<keyof AppSecrets, string | undefined>>): AppSecrets | undefined {
  const { id, key = "", webhookSecret = "", pathKey = "" } = found;
  if (Object.values(found).every((each) => each === undefined)) return undefined;
  const number = /^\d+$/.test(id ?? "") ? Number(id) : 0;
  if (number > 0 && ![key, webhookSecret, pathKey].includes("")) return { id: number, key, webhookSecret, pathKey };
  throw new FairleadError("conflict", `read ${place}: it has a part of an App's secrets alone`, {
    hint: "name another place, or take what is left of the App out of this one",
  });
}
