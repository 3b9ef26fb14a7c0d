// What the functions of the Dagger module return: objects that Dagger can spell. Their comments are what `dagger call --help` says.
import type { Json } from "../core/json.ts";

/** What was built, and where it is */
export type BuildOutcome = {
  /** first tag of the image, pinned to its digest */
  image: string;
  /** digest of the image, or of the index of several platforms */
  digest: string;
  /** image of each platform */
  platforms: BuiltPlatform[];
  /** all tags of the image */
  tags: string[];
  /** same image in other repositories */
  copies: string[];
  /** what was built, for people */
  source: string;
  /** commit that was built, if it was one */
  commit?: string;
  /** all of the result, as the command line's --json prints it; not within another result */
  json?: string;
  /** in a dry run, what would change */
  plan?: string;
};

/** Image of one platform */
export type BuiltPlatform = {
  /** platform such as linux/arm64 */
  platform: string;
  /** digest of its image */
  digest: string;
};

/** Repository of a registry, as it is */
export type CreateRepositoryOutcome = {
  /** registry and repository */
  repository: string;
  /** its ARN at AWS */
  arn?: string;
  /** whether a tag can be moved to another image */
  tagMutability?: string;
  /** tags for which the other holds */
  tagMutabilityExclusions: string[];
  /** whether each image is scanned when it is pushed */
  scanOnPush?: boolean;
  /** how images are encrypted */
  encryption?: string;
  /** ARN of the KMS key */
  kmsKey?: string;
  /** all of the result, as the command line's --json prints it; not within another result */
  json?: string;
  /** in a dry run, what would change */
  plan?: string;
};

/** What is asked of the people who run the cluster */
export type DeployOutcome = {
  /** image that is deployed */
  image: string;
  /** branch with the change; none where the base has it already */
  branch?: string;
  /** commit with the change */
  commit?: string;
  /** references to the image that change */
  changes: ChangedReference[];
  /** pull request for the change */
  pullRequest?: OpenedRequest;
  /** older pull requests that were closed in favour of this one */
  superseded: number[];
  /** all of the result, as the command line's --json prints it; not within another result */
  json?: string;
  /** in a dry run, what would change */
  plan?: string;
};

/** Reference to the image in a manifest */
export type ChangedReference = {
  /** path of the manifest */
  file: string;
  /** place of the document in the file, from 0 */
  document: number;
  /** where it is in the document */
  path: string;
  /** line in the file, from 1 */
  line: number;
  /** what it was */
  from: string;
  /** what it is now */
  to: string;
};

/** Pull request; before it is opened it has no number */
export type OpenedRequest = {
  /** its number */
  number?: number;
  /** its page */
  url?: string;
};

/** Where a message is */
export type NotifyOutcome = {
  /** channel of the message */
  channel: string;
  /** what the message is called in its channel; before it is posted it has no name */
  message?: string;
  /** all of the result, as the command line's --json prints it; not within another result */
  json?: string;
  /** in a dry run, what would be posted */
  plan?: string;
};

/** Which image was tagged, and what became of each tag */
export type RetagOutcome = {
  /** image, pinned to its digest */
  image: string;
  /** what became of each tag */
  tags: GivenTag[];
  /** digests of what was copied of that which refers to the image */
  referrers: string[];
  /** all of the result, as the command line's --json prints it; not within another result */
  json?: string;
  /** in a dry run, what would change */
  plan?: string;
};

/** Tag of an image */
export type GivenTag = {
  /** image by this tag */
  image: string;
  /** digest that it points to */
  digest: string;
  /** digest that it pointed to before */
  from?: string;
  /** whether it was given or moved */
  changed: boolean;
};

/** What came of building, deploying and telling */
export type ShipOutcome = {
  /** what was built, and where it is */
  build: BuildOutcome;
  /** what is asked of the people who run the cluster */
  deploy: DeployOutcome;
  /** where the message is; none where nobody was told */
  notify?: NotifyOutcome;
  /** all of the result, as the command line's --json prints it; not within another result */
  json?: string;
  /** in a dry run, what would change */
  plan?: string;
};

/** A result as Dagger spells it: what is null is left out, and an `id` is a `message`, as Dagger keeps that name for itself. */
export type Spelled<T> = T extends readonly (infer E)[]
  ? Spelled<E>[]
  : T extends object
    ? { [K in keyof T as null extends T[K] ? never : Name<K>]: Spelled<T[K]> } & {
        [K in keyof T as null extends T[K] ? Name<K> : never]?: Spelled<NonNullable<T[K]>>;
      }
    : T;
type Name<K> = K extends "id" ? "message" : K;

/** Returns a result as Dagger spells it. */
export function spell<T extends Json>(result: T): Spelled<T> {
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return (value as readonly Json[]).map(walk);
    if (typeof value !== "object" || value === null) return value;
    const told = Object.entries(value).filter(([, inner]) => inner !== null);
    return Object.fromEntries(told.map(([name, inner]) => [name === "id" ? "message" : name, walk(inner)]));
  };
  return walk(result) as Spelled<T>;
}
