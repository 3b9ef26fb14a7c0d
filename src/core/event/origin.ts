/** From where an event came. */
export interface Origin {
  /** The kind of the source: the name of its receiver. */
  readonly source: string;
  /** The provider's delivery id, or null if it sends none. */
  readonly delivery: string | null;
}
