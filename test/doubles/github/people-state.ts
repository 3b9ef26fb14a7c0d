/** What the double of GitHub knows of people. */
export type Membership = "active" | "pending";

/** What a repository knows of people. */
export interface PeopleState {
  /** Roles by login: GitHub's own, or `NAME:BASE` for one of the organization's own. */
  readonly roles: Map<string, string>;
  /** Accounts that are not there. */
  readonly missing: Set<string>;
  /** By `org/slug`, then by login. */
  readonly teams: Map<string, Map<string, Membership>>;
  readonly approvals: {
    readonly run: number;
    readonly environment: string;
    readonly state: "approved" | "rejected";
    readonly user: string;
  }[];
}

export function noPeople(): PeopleState {
  return { roles: new Map(), missing: new Set(), teams: new Map(), approvals: [] };
}
