import type { AdapterOptions } from "../adapter.ts";
import type { Permission } from "../permission.ts";
import type { Secret } from "../secret.ts";
import type { TokenSource } from "../token-source.ts";

/** An app of a Git provider: what it is known by, and the private key that proves it. */
export interface AppCredential {
  readonly id: string;
  readonly key: Secret;
}

/** The options of what makes an app's tokens. */
export interface AppOptions<S = unknown> extends Pick<AdapterOptions<S>, "settings" | "signal" | "delay" | "notice" | "redactor"> {
  readonly host: string;
  readonly app: AppCredential;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Returns the permissions that the run's steps need in a repository which the run writes to: one token of it is to have them all. */
  readonly needsAt: (resource: string) => readonly Permission[];
}

/** The tokens of an app, each for one repository and no more than is asked. */
export type AppTokens = Required<Pick<TokenSource, "keyOf" | "fetch" | "identity">>;
