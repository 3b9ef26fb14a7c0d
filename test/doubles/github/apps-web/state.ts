/** Apps that people make from a manifest: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest */
import type { App } from "../apps/state.ts";

/** What an App's maker is told once. */
export interface Conversion {
  readonly app: App;
  readonly pem: string;
  readonly clientSecret: string;
  /** In milliseconds since 1970. */
  readonly until: number;
}

/** Where an App's events are sent. */
export interface Hook {
  readonly url: string;
  secret: string;
}

export interface AppsWeb {
  /** The person at the browser, and the organizations whose Apps that person may make. */
  readonly person: string;
  readonly owns: readonly string[];
  /** By their codes: each is told once. */
  readonly conversions: Map<string, Conversion>;
  /** By the ids of the Apps. */
  readonly hooks: Map<number, Hook>;
}

export function createAppsWeb(owns: readonly string[]): AppsWeb {
  return { person: "person", owns, conversions: new Map(), hooks: new Map() };
}
