/** What an administrator has decided of a run that waits for an approval. */
export type Decision = {
  readonly verdict: "approved" | "rejected";
  /** The commit for which it counts, and no other: a full SHA. */
  readonly commit: string;
  readonly by: string;
  /** Null: none was given. */
  readonly reason: string | null;
};
