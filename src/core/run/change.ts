/** One thing that a step changes: `from` and `to` are absent where nothing was or will be there. */
export interface Change {
  readonly target: string;
  readonly action: "create" | "update" | "delete" | "run";
  readonly from?: string;
  readonly to?: string;
}
