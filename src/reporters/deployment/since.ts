// When a deployment began to run stands in its status: what became ready last runs, however late that was reported.
import type { SetDeploymentStatus } from "../../core/git/deployments.ts";
import { isFuture } from "../future.ts";

/** Returns the words that `sinceOf` reads: `since 2026-11-30T12:05:03Z`. */
export function sinceText(date: Date): string {
  return `since ${date.toISOString().slice(0, 19)}Z`;
}

/** Returns the seconds since 1970 since which a deployment runs: by its status, else when that was set. A time that has not come yet is not believed. */
export function sinceOf({ description, at }: Pick<SetDeploymentStatus, "description" | "at">, now: Date): number {
  const [, time = ""] = /\bsince (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/.exec(description) ?? [];
  const said = new Date(time);
  return seconds(time === "" || isFuture(said.getTime(), now) ? at : said);
}

/** Tells whether we have reported a success ourselves: what others set on a deployment of ours says nothing of what runs. */
export function isOwnSuccess(status: Pick<SetDeploymentStatus, "state" | "isOwn"> | undefined): status is SetDeploymentStatus {
  return status?.state === "success" && status.isOwn;
}

/** Returns the whole seconds of a date since 1970: GitHub's times have no others. */
export function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
