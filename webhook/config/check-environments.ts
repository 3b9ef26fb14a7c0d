import { environmentProblem } from "../../src/config/environments.ts";
import { eventKindNames } from "../routing/event-kinds.ts";
import { namesCommit } from "./gate.ts";
import type { Problem } from "../../src/config/problem.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Returns the routes' environments that are not there. It takes the routes as they were written: what has no form is left to their schema. */
export function checkEnvironmentNames(routes: unknown, environments: unknown): readonly Problem[] {
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((route: unknown, index): readonly Problem[] => {
    const { environment } = recordOf(recordOf(route).with);
    const message = typeof environment === "string" ? problemOf(environment, route, recordOf(environments)) : undefined;
    return message === undefined ? [] : [{ path: ["routes", index, "with", "environment"], message }];
  });
}

/** An environment that asks for an approval is not one that an event could leave out, or name without a commit that is approved. */
function problemOf(name: string, route: unknown, environments: Fields): string | undefined {
  const asks = (environment: unknown): boolean => recordOf(environment).approve !== undefined;
  if (name.includes("${{"))
    return Object.values(environments).some(asks)
      ? "an event would choose it, and some environment asks for an approval: name it"
      : undefined;
  const kind = eventKindNames.find((each) => each === recordOf(recordOf(route).when).kind);
  const unnamed = asks(environments[name]) && kind !== undefined && !namesCommit(kind);
  return (
    environmentProblem(environments, name) ??
    (unnamed ? `it asks for the approval of a commit, and an event of kind ${kind} names none` : undefined)
  );
}

function recordOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
