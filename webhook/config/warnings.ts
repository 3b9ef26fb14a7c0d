import type { Path } from "../../src/config/document.ts";
import type { Route } from "./routes.ts";

/** A warning of a configuration, and where it is. */
export interface ConfigWarning {
  readonly path: Path;
  readonly message: string;
}

/**
 * Returns the warning of routes that could start each other. A cycle through a push or a pull request ends there: see `whyUnwanted`. One through images
 * alone has no end.
 */
export function loopWarning([first = "", ...others]: readonly string[], routes: readonly Route[]): ConfigWarning {
  const isCut = [first, ...others].some((name) =>
    ["push", "pull-request", "check", "deployment"].includes(routes.find((route) => route.name === name)?.when.kind ?? ""),
  );
  const way =
    others.length === 0 ? "writes what it listens to" : `starts itself again by ${others.map((name) => `route "${name}"`).join(" and ")}`;
  const end = isCut ? "what is all fairlead's own makes no run of it" : "name tags that it does not give, or its runs have no end";
  return { path: ["routes", routes.findIndex(({ name }) => name === first)], message: `route "${first}" ${way}: ${end}` };
}

/** Returns a warning of a lease that is too short: a run without word from its worker ends after half of it, and an effect may take all of the grace. */
export function leaseWarnings(lease: number, grace: number): readonly ConfigWarning[] {
  if (lease / 2 >= grace) return [];
  const message = `an effect may take ${grace / 1000}s to end, and is cut off after ${lease / 2000}s when a worker is not heard of: expected ${(2 * grace) / 1000}s or more`;
  return [{ path: ["workers", "lease"], message }];
}

/**
 * Returns a warning of a route that takes images without a tag. A registry tells of each manifest of an image for several platforms: those of one
 * platform have no tag, and may come last.
 */
export function untaggedWarning({ name, when }: Route, index: number): readonly ConfigWarning[] {
  if (when.kind !== "image" || when.tag !== undefined) return [];
  const why = "takes each platform's manifest of an image too, which has no tag";
  return [{ path: ["routes", index], message: `route "${name}" ${why}: give when a tag, such as "*"` }];
}
