/** What is reported of a route's runs where their commit is, and which routes listen to that. */
import { reportPrefix } from "../routing/push-filter.ts";
import { matchesGlobs } from "../routing/glob.ts";
import type { WrittenRoute } from "./routes.ts";
import type { When } from "./when.ts";

/** The names of the statuses and checks of a route's runs, and the environment of their deployments; undefined where the route is for none. */
export interface Reported {
  readonly contexts: readonly string[];
  readonly environment: string | undefined;
}

/** Returns what is reported of a route's runs, if they are reported at all. */
export function reportedAt({ name, reportAs = name, run, with: values }: WrittenRoute): Reported {
  const environment = typeof values.environment === "string" ? values.environment : undefined;
  const own = `${reportPrefix}${run}`;
  const named = [reportAs, environment].filter((part) => part !== undefined && part !== run);
  return { contexts: [own, ...(named.length === 0 ? [] : [`${own} (${named.join(", ")})`])], environment };
}

/** Tells whether a route listens to reports. An environment that an event chooses may be any. */
export function tells({ contexts, environment }: Reported, when: When): boolean {
  const fits = (patterns: unknown, names: readonly string[]): boolean =>
    patterns === undefined || names.some((name) => matchesGlobs(patterns as readonly string[], name));
  if (when.kind === "check") return fits(when.context, contexts);
  if (when.kind !== "deployment" || environment === undefined) return false;
  return environment.includes("${{") || fits(when.environment, [environment]);
}
