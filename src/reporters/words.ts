// What reporters say of a run, in the same words.
import type { Environment, RunView } from "../core/reporter.ts";
import { cut } from "../core/text/cut.ts";
import { visible } from "../core/text/visible.ts";

/** What a run's state comes to for whoever merges its commit. */
export type Verdict = "queued" | "running" | "success" | "failure" | "canceled" | "superseded" | "skipped";

/**
 * Returns the verdict on a run. One that has succeeded fails after all where what it has proposed did: it was reverted, or Flux says that it is not ready.
 * One that was skipped as out of date has done nothing of its commit, as one that was superseded: nobody may take that for passed.
 */
export function verdictOf({ state, outdated, rollout }: RunView): Verdict {
  if (state === "waiting") return "running";
  if (state === "skipped" && outdated) return "superseded";
  if (state === "failed" || state === "parked") return "failure";
  if (state !== "succeeded") return state;
  return rollout?.state === "unready" || rollout?.state === "reverted" ? "failure" : "success";
}

/**
 * Returns the name under which a run is shown on its commit: `fairlead/ship`, `fairlead/ship (production)`. Runs of several routes, or for several
 * environments, may be of one commit: each has its own name, which a rule of a branch may require.
 */
export function contextOf({ pipeline, route }: RunView, environment: Environment | undefined): string {
  const parts = new Set([route, environment?.name].filter((part) => part !== undefined && part !== pipeline));
  return oneLine(`fairlead/${pipeline}${parts.size === 0 ? "" : ` (${[...parts].join(", ")})`}`, 200);
}

/** Returns what has become of a run on one line, which may hold text of others: `waiting: …`, `acme/fleet#7 is merged`, `failed: …`. */
export function headlineOf(view: RunView): string {
  const { state, reason, error } = view;
  const because = (word: string, why: string | undefined): string => (why === undefined || why === "" ? word : `${word}: ${why}`);
  if (state === "succeeded") return rolledOut(view) ?? (made(view) || "succeeded");
  if (state === "failed") return because("failed", error?.message);
  if (state === "parked") return because("failed, and waits for a person", error?.message);
  return because(state, state === "queued" || state === "running" ? undefined : reason);
}

function rolledOut(view: RunView): string | undefined {
  const { rollout, facts } = view;
  const { pullRequest, merged } = facts;
  if (rollout === undefined && pullRequest === undefined && merged === undefined) return undefined;
  const images = made(view);
  const withImages = images === "" ? "" : `: ${images}`;
  const change = changeOf(facts);
  const words: Readonly<Record<NonNullable<typeof rollout>["state"], string>> = {
    proposed: `${change} is open${withImages}`,
    merged: `${change} is merged${withImages}`,
    ready: `${change} is merged and ready${withImages}`,
    unready: `not ready: ${rollout?.message ?? `Flux says so of ${change}`}`,
    reverted: `rolled back: ${change} was reverted`,
    closed: `${change} was closed and not merged`,
    unknown: `nothing was heard of ${change}${withImages}`,
  };
  return words[rollout?.state ?? (merged === undefined ? "proposed" : merged.ready ? "ready" : "merged")];
}

/** Returns the change of the Flux repository: `acme/fleet#7`, or `acme/fleet@1a2b3c4` where it has no pull request. */
function changeOf({ pullRequest, merged }: RunView["facts"]): string {
  const path = (repository: string): string => repository.slice(repository.indexOf("/") + 1);
  if (pullRequest !== undefined) return `${path(pullRequest.repository)}#${pullRequest.number}`;
  return merged === undefined ? "the pull request" : `${path(merged.repository)}@${merged.commit.slice(0, 7)}`;
}

/** Returns the images that a run has made, as short as they are told apart. */
function made({ facts }: RunView): string {
  const [first, ...others] = facts.images.map(({ image }) => shortened(image));
  if (first === undefined) return "";
  return others.length === 0 ? first : `${first} and ${others.length} more ${others.length === 1 ? "image" : "images"}`;
}

/** A tag is enough for people; without one, 12 letters of the digest are. */
function shortened(image: string): string {
  const [name = "", digest] = image.split("@", 2);
  const hasTag = name.slice(name.lastIndexOf("/")).includes(":");
  return hasTag || digest === undefined ? name : `${name}@${digest.slice(0, "sha256:".length + 12)}`;
}

/** Returns text as one harmless line of at most `limit` UTF-16 units. */
export function oneLine(text: string, limit: number): string {
  return cut(visible(text.replace(/\s+/g, " ").trim()), limit);
}

/** Returns the page that says more of a run: its own, or the pull request that it has opened. Undefined where neither is an address of the web. */
export function pageOf(url: string | undefined, { facts }: RunView): string | undefined {
  return [url, facts.pullRequest?.url].find((each) => /^https?:$/.test(URL.parse(each ?? "")?.protocol ?? ""));
}
