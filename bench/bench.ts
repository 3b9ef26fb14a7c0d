/** One question about speed, and those who answer it. */
export interface Bench {
  /** That of its file. */
  readonly name: string;
  readonly question: string;
  /** What must be known to read the table: what each peer does not do, how it is set up. */
  readonly notes: readonly string[];
  /** Prepares everything that is not to be measured. */
  open(): Promise<Contest>;
}

/** The measured, ready to run. Disposing of it leaves nothing behind. */
export interface Contest extends AsyncDisposable {
  /** The first is the peer, which the others are compared with; where they have rows, the first of each. */
  readonly contenders: readonly Contender[];
  /** Returns Markdown that stands below the table, such as a table of counts. It is called after the last round. */
  details?(): Promise<string>;
  /** Returns what is to be told beside the times, such as counts. It is called after the last round. */
  remarks?(): Promise<readonly string[]>;
}

/** One row of the table. */
export interface Contender {
  readonly name: string;
  /** What it does, where a bench asks several things: then it is compared with the first that does the same. */
  readonly row?: string;
  /** At most so many times the peer's time. A goal is shown and fails nothing: other machines are other machines. */
  readonly goal?: number;
  /** Makes ready what the last run used up. It is not timed. */
  prepare?(): Promise<void>;
  /** Does it once. What fails here fails the bench. */
  run(): Promise<void>;
  /** Looks at what the run has left, and waits until nothing of it goes on. It is not timed. */
  settle?(): Promise<void>;
}
