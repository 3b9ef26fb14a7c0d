/** A variable of the environment, for help. */
export interface Variable {
  readonly name: string;
  readonly sentence: string;
  /** The fields of the commands that read it: one of them is enough. Without it, all commands do. */
  readonly with?: readonly string[];
}
