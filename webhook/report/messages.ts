import type { CommonConfig } from "../../src/config.ts";
import type { LookClaim, LookEnding, ReportEnding } from "../store-reports.ts";
import type { ReportClaim, StoredRun } from "../store.ts";

/** What a process is to do: tell the state of a run, or ask a provider what has become of its change. */
export type Telling = { readonly report: ReportClaim } | { readonly look: LookClaim; readonly run: StoredRun };

/** The order to such a process. Its secrets are by their references, and come through a pipe, never by argument or environment. */
export interface TellOrder {
  readonly telling: Telling;
  /** Its TMPDIR, which is its own. */
  readonly folder: string;
  /** The configuration by which the run's route made it. */
  readonly config: string;
  /** The configuration's credentials that it may use, as references to the secrets. */
  readonly credentials: CommonConfig["credentials"];
  readonly secrets: Readonly<Record<string, string>>;
}

/** What came of it. */
export type Told = { readonly report: ReportEnding } | { readonly look: LookEnding };
