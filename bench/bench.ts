/** One question about speed, and its contenders. */
export interface Bench {
  /** The name of its file. */
  readonly name: string;
  readonly question: string;
  /** Notes for reading the table: what each peer does not do, and how it is set up. */
  readonly notes: readonly string[];
  /** Prepares everything that is not measured. With the folder of an earlier version, built there, that runs beside this one. */
  open(before?: string): Promise<Contest>;
}

/** The contenders of a bench, ready to run. Disposing of it leaves nothing behind. */
export interface Contest extends AsyncDisposable {
  /** The first is the peer that the others are compared with. With rows, the first of each row is. */
  readonly contenders: readonly Contender[];
  /** Returns Markdown that stands below the table, such as a table of counts. It is called after the last round. */
  details?(): Promise<string>;
  /** Returns remarks beside the times, such as counts. It is called after the last round. */
  remarks?(): Promise<readonly string[]>;
}

/** One row of the table. */
export interface Contender {
  readonly name: string;
  /** The question that it answers, if a bench asks several. It is compared with the first of the same row. */
  readonly row?: string;
  /** The goal, as a multiple of the peer's time. It is shown and fails nothing: machines differ. */
  readonly goal?: number;
  /** Restores what the last run used up. It is not timed. */
  prepare?(): Promise<void>;
  /** Does the work once. A failure fails the bench. */
  run(): Promise<void>;
  /** Checks the result of the run, and waits until nothing of it goes on. It is not timed. */
  settle?(): Promise<void>;
}
