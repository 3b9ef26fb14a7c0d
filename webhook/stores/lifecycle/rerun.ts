/** The rules by which a run is made anew for somebody who asks for it at its check. All are pure. */
import type { AskedRerun, RunState } from "../../store.ts";
import type { StoredSubject } from "../../store-reports.ts";

/** What a store reads of the run. */
export interface RerunFacts {
  readonly state: RunState;
  /** The source of the delivery that has made it. */
  readonly source: string;
  /** What its check is about; undefined: it has none, or nobody knows before its result. */
  readonly subject: StoredSubject | undefined;
  /** A run that repeats it and has not ended. */
  readonly openRerun: string | undefined;
}

/** Returns why a run is not made anew; undefined: it is. `run`: what there is of the run, undefined for an unknown one. */
export function whyNoRerun({ repository, commit, source }: AskedRerun, run: RerunFacts | undefined): string | undefined {
  if (run === undefined) return "there is no such run";
  if (run.source !== source) return `it was made by source ${run.source}, and this is ${source}`;
  if (run.subject === undefined) return "it has no check of a commit that its event names";
  if (run.subject.repository.toLowerCase() !== repository.toLowerCase()) return "it is of another repository";
  if (run.subject.commit !== commit) return "it is of another commit";
  if (["queued", "running", "waiting"].includes(run.state)) return `it has not ended: it is ${run.state}`;
  return run.openRerun === undefined ? undefined : `${run.openRerun} repeats it already, and has not ended`;
}
