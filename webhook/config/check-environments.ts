import { environmentProblem } from "../../src/config/environments.ts";
import type { Problem } from "../../src/config/problem.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Returns the routes' environments that are not there. It takes the routes as they were written: what has no form is left to their schema. */
export function checkEnvironmentNames(routes: unknown, environments: unknown): readonly Problem[] {
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((route: unknown, index): readonly Problem[] => {
    const { environment } = recordOf(recordOf(route).with);
    const message =
      typeof environment === "string" && !environment.includes("${{") ? environmentProblem(recordOf(environments), environment) : undefined;
    return message === undefined ? [] : [{ path: ["routes", index, "with", "environment"], message }];
  });
}

function recordOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
