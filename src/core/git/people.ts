import { FairleadError } from "../errors.ts";
import { formatRepository, type Repository } from "./repository.ts";

/** What somebody may do in a repository, the least first: each right includes those before it. */
export const rights = ["none", "read", "triage", "write", "maintain", "admin"] as const;

export type Right = (typeof rights)[number];

/** An account. `isBot`: a program acts by it, whatever its name is. */
export interface Person {
  readonly login: string;
  readonly isBot: boolean;
}

/** A review of a pull request, as it was submitted. */
export interface Review {
  /** Undefined: the account is gone. */
  readonly author: Person | undefined;
  readonly state: "approved" | "changes-requested" | "commented" | "dismissed" | "pending";
  /** The commit that was reviewed; undefined where it is gone. */
  readonly commit: string | undefined;
  /** ISO 8601; undefined before it is submitted. */
  readonly at: string | undefined;
  readonly url: string;
}

/** A comment on a pull request, as it is now. */
export interface WrittenComment {
  /** Undefined: the account is gone. */
  readonly author: Person | undefined;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
  /** True if somebody has changed it since: the author, or whoever may write to the repository. */
  readonly isEdited: boolean;
  /** True if a program has written it in the author's name. */
  readonly byProgram: boolean;
  readonly url: string;
}

/** A decision on an environment that a run of a workflow waits for. */
export interface EnvironmentDecision {
  readonly by: Person | undefined;
  readonly verdict: "approved" | "rejected" | "pending";
  readonly environments: readonly string[];
}

/** What is asked of a provider about people, and what they have said. Its methods throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface People {
  /** Returns what an account may do in a repository now: `none` for one that is not there. */
  right(repository: Repository, login: string): Promise<Right>;
  /** Tells whether an account is a member of a team, such as `acme/release-team`. Throws `not_found` for a team that is not there or not shown. */
  isMember(repository: Repository, team: string, login: string): Promise<boolean>;
  /** Throws `not_found` or `forbidden` for a team whose members cannot be asked for. */
  checkTeam(repository: Repository, team: string): Promise<void>;
  /** Returns all reviews of a pull request, the oldest first. */
  reviews(repository: Repository, number: number): Promise<readonly Review[]>;
  /** Returns all comments on a pull request, the oldest first. */
  comments(repository: Repository, number: number): Promise<readonly WrittenComment[]>;
  /** Returns the full SHA of the one commit whose SHA begins so; undefined for none, and for several. */
  commitOf(repository: Repository, start: string): Promise<string | undefined>;
  /** Returns the decisions on the environments that a run of a workflow has waited for. */
  environmentDecisions(repository: Repository, workflowRun: string): Promise<readonly EnvironmentDecision[]>;
}

/** Tells whether a right includes another. */
export function includes(right: Right, wanted: Right): boolean {
  return rights.indexOf(right) >= rights.indexOf(wanted);
}

/** Returns what a repository's provider says of people, or throws `unsupported`. */
export function requirePeople({ name, people }: { readonly name: string; readonly people?: People }, repository: Repository): People {
  if (people !== undefined) return people;
  throw new FairleadError("unsupported", `ask who may approve in ${formatRepository(repository)}: ${name} cannot do this`, {
    hint: "approve it with fairlead runs approve",
  });
}
