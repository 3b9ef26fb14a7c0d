/** What a run has made, for whoever shows it: images, and the pull request that deploys them. */
export interface RunFacts {
  readonly images: readonly DeployedFact[];
  readonly pullRequest: ProposedFact | undefined;
  /** The commit of the Flux repository that has the change already, as a run knows that waits, or that commits straight to the branch. */
  readonly merged?: MergedFact | undefined;
}

/** An image that a run has built or deployed. */
export interface DeployedFact {
  /** `registry/repository:tag@digest`, as far as they are known. */
  readonly image: string;
  /** The image that was there before, in the same form; undefined where there was none or nothing was deployed. */
  readonly from: string | undefined;
  /** What it was built from; undefined where nobody knows. */
  readonly source: BuiltFrom | undefined;
}

/** The commit that an image was built from. */
export interface BuiltFrom {
  /** Such as `github.com/acme/app`. */
  readonly repository: string;
  readonly commit: string;
  /** The commit that the image was built from that was there before. */
  readonly since?: string | undefined;
}

/** A pull request of a Flux repository. */
export interface ProposedFact {
  /** Such as `github.com/acme/fleet`. */
  readonly repository: string;
  readonly number: number;
  readonly url: string;
}

/** A commit of a Flux repository. */
export interface MergedFact {
  readonly repository: string;
  readonly commit: string;
  /** True if Flux has reported that it is ready. */
  readonly ready: boolean;
}

/** The facts of a run that has made nothing. */
export const noFacts: RunFacts = { images: [], pullRequest: undefined };
