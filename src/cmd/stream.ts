/** A stream to write to. A terminal tells its size. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The environment of a process. */
export type Env = Readonly<Record<string, string | undefined>>;
