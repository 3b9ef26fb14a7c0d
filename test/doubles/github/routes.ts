/** Every route of the double, and how a path finds its own. */
import { apps } from "./apps/routes.ts";
import { checks } from "./checks.ts";
import { artifacts } from "./artifacts.ts";
import { compares } from "./compare.ts";
import { appsWeb } from "./apps-web/routes.ts";
import { contents } from "./contents.ts";
import { deployments } from "./deployments.ts";
import { dispatches } from "./dispatches.ts";
import { graphql } from "./graphql.ts";
import { issues } from "./issues.ts";
import { objects } from "./objects.ts";
import { people } from "./people.ts";
import { pulls } from "./pulls.ts";
import { refs } from "./refs.ts";
import { repositories } from "./repositories.ts";
import type { Route } from "./route.ts";
import { statuses } from "./statuses.ts";
import { tags } from "./tags.ts";
import { workflowRuns } from "./workflow-runs.ts";

export const routes: readonly Route[] = [
  ...apps,
  ...checks,
  ...artifacts,
  ...compares,
  ...appsWeb,
  ...contents,
  ...deployments,
  ...dispatches,
  ...graphql,
  ...issues,
  ...objects,
  ...people,
  ...pulls,
  ...refs,
  ...statuses,
  ...tags,
  ...workflowRuns,
  ...repositories,
];

/** These may hold slashes; everything else is one part of a path. */
const patterns: Readonly<Record<string, string>> = { path: ".+", ref: ".+", branch: ".+" };

/** `/contents` is the root folder: Octokit takes the last slash away. */
function compile(path: string): RegExp {
  const pattern = path.replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${patterns[name] ?? "[^/]+"})`);
  return new RegExp(`^${pattern.replace(/\/(\(\?<path>.+)$/, "(?:/|/$1)?")}$`);
}

const compiled = routes.map((route) => ({ route, pattern: compile(route.path) }));

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export function findRoute(method: string, path: string): Found | undefined {
  for (const { route, pattern } of compiled) {
    const match = route.method === method ? pattern.exec(path) : null;
    if (match) return { route, params: decodeAll(match.groups ?? {}) };
  }
  return undefined;
}

function decodeAll(groups: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value ?? "")]));
}
