/** GitHub Apps, and where they are installed: https://docs.github.com/en/apps */
import type { KeyObject } from "node:crypto";
import type { Repository } from "../state.ts";

export type Level = "read" | "write" | "admin";
/** By GitHub's names, such as `pull_requests`. */
export type Permissions = Readonly<Record<string, Level>>;

export interface App {
  readonly id: number;
  readonly clientId: string;
  readonly slug: string;
  readonly name: string;
  /** The login of whoever made it. */
  readonly owner: string;
  /** The public halves of its private keys. */
  readonly keys: KeyObject[];
  permissions: Permissions;
  events: readonly string[];
}

export interface Installation {
  readonly id: number;
  readonly app: App;
  /** The login of the organization or the person. */
  readonly account: string;
  /** The ids of the chosen repositories; `all` of the account. */
  repositories: "all" | readonly number[];
  /** What was accepted: it follows the App's only when somebody accepts. */
  permissions: Permissions;
  suspendedAt: Date | undefined;
}

export interface InstallationToken {
  readonly value: string;
  readonly installation: Installation;
  /** Undefined for all of the installation. */
  readonly repositories: readonly number[] | undefined;
  readonly permissions: Permissions;
  /** In milliseconds since 1970, by GitHub's clock. */
  expiresAt: number;
  /** What is left of the time in which not all of GitHub knows it. */
  lag: Lag | undefined;
}

/** How new tokens are refused until all of GitHub knows them. */
export interface Lag {
  readonly status: 401 | 403 | 404;
  /** The number of requests with the token that are refused. */
  requests: number;
}

export interface Apps {
  readonly list: App[];
  readonly installations: Installation[];
  readonly tokens: Map<string, InstallationToken>;
  /** GitHub's clock, in milliseconds since 1970. */
  now(): number;
  /** Milliseconds that GitHub's clock is ahead of this machine's. */
  ahead: number;
  lag: Lag | undefined;
}

export function createApps(): Apps {
  const apps: Apps = { list: [], installations: [], tokens: new Map(), now: () => Date.now() + apps.ahead, ahead: 0, lag: undefined };
  return apps;
}

/** Tells whether an installation is in a repository. */
export function isInstalledIn({ account, repositories }: Installation, { owner, id }: Repository): boolean {
  return account.toLowerCase() === owner.toLowerCase() && (repositories === "all" || repositories.includes(id));
}

const levels: readonly Level[] = ["read", "write", "admin"];

/** Tells whether permissions include one. */
export function allows(permissions: Permissions, name: string, level: Level): boolean {
  const has = permissions[name];
  return has !== undefined && levels.indexOf(has) >= levels.indexOf(level);
}
