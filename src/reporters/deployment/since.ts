// When a deployment began to run stands in its status: what became ready last runs, however late that was reported.
import type { SetDeploymentStatus } from "../../core/git/deployments.ts";

/** Returns the words that `sinceOf` reads: `since 2026-11-30T12:05:03Z`. */
export function sinceText(date: Date): string {
  return `since ${date.toISOString().slice(0, 19)}Z`;
}

/** Returns the seconds since 1970 since which a deployment runs: by its status, else when that was set. */
export function sinceOf({ description, at }: Pick<SetDeploymentStatus, "description" | "at">): number {
  const [, time = ""] = /\bsince (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/.exec(description) ?? [];
  return seconds(time === "" ? at : new Date(time));
}

/** Returns the whole seconds of a date since 1970: GitHub's times have no others. */
export function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
