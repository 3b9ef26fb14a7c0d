import type { Repository } from "./repository.ts";

/** A comment on a pull request. */
export interface Comment {
  readonly id: number;
  readonly body: string;
}

/** All that is done with comments on pull requests. Its methods throw `unauthenticated`, `forbidden`, `not_found` and `unavailable`. */
export interface Comments {
  /**
   * Returns the comments that begin with a marker and that the token's own user or App has written, the oldest first. All comments of the pull request are
   * looked at. What somebody else has written with the same marker is left out.
   */
  find(repository: Repository, number: number, marker: string): Promise<readonly Comment[]>;
  write(repository: Repository, number: number, body: string): Promise<Comment>;
  edit(repository: Repository, id: number, body: string): Promise<void>;
  /** Deletes a comment. One that is gone already is no error. */
  delete(repository: Repository, id: number): Promise<void>;
}
