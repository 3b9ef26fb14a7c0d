// The run that a status is of. A status has no field for it, so its description ends with it: ` · 1a2b3c4d/mhk2x9ab`.

/** A run, as the end of a description names it. */
export interface Author {
  /** The last letters of its id, by which people find it. */
  readonly run: string;
  /** When it was made, in milliseconds since 1970: a newer run's report stands. */
  readonly at: number;
}

const end = / · ([\w.-]{1,8})\/([0-9a-z]{8,9})$/;

export const author = {
  of: (run: string, createdAt: Date): Author => ({ run: run.slice(-8).replace(/[^\w.-]/g, "-"), at: createdAt.getTime() }),
  /** Returns the end of a description. */
  format: ({ run, at }: Author): string => ` · ${run}/${at.toString(36)}`,
  /** Returns the run that a description ends with; undefined where it ends with none. Anybody may write such an end. */
  parse(description: string): Author | undefined {
    const [, run, at] = end.exec(description) ?? [];
    return run === undefined || at === undefined ? undefined : { run, at: parseInt(at, 36) };
  },
  same: (a: Author, b: Author): boolean => a.run === b.run && a.at === b.at,
} as const;

/** Returns the newest run of a list that has one. Of two that were made at once, all agree on one. */
export function newest([first, ...others]: readonly [Author, ...Author[]]): Author {
  const isNewer = (a: Author, b: Author): boolean => a.at > b.at || (a.at === b.at && a.run > b.run);
  return others.reduce((found, each) => (isNewer(each, found) ? each : found), first);
}
