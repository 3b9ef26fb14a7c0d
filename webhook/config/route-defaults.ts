import { defaultsFor, type DefaultFields, type Defaults } from "../../src/config/defaults.ts";
import type { Path } from "../../src/config/document.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";

/** A configuration in which each route says what it has by default, and where the file has what a path in it names. */
export interface FilledConfig {
  readonly value: unknown;
  readonly written: (path: Path) => Path;
}

/** Returns a configuration with its defaults in its routes. It takes it as it was written: what has no form is left as it is. */
export function fillRoutes(config: unknown, pipelines: readonly Pipeline[], known: DefaultFields): FilledConfig {
  const { defaults, routes } = recordOf(config) ?? {};
  const values = recordOf(defaults);
  if (values === undefined || !Array.isArray(routes)) return { value: config, written: (path) => path };
  const added = routes.map((route: unknown) => defaultsOfRoute(route, pipelines, known, values));
  const filled = routes.map((route: unknown, index) => {
    const own = added[index] ?? {};
    return Object.keys(own).length === 0 ? route : { ...recordOf(route), with: { ...own, ...recordOf(recordOf(route)?.with) } };
  });
  return {
    value: { ...recordOf(config), routes: filled },
    written: (path) => {
      const [section, index, part, field, ...rest] = path;
      const isAdded = section === "routes" && part === "with" && Object.hasOwn(added[Number(index)] ?? {}, String(field));
      return isAdded && field !== undefined ? ["defaults", field, ...rest] : path;
    },
  };
}

function defaultsOfRoute(route: unknown, pipelines: readonly Pipeline[], known: DefaultFields, defaults: Defaults): Defaults {
  const { run, with: given = {} } = recordOf(route) ?? {};
  const pipeline = pipelines.find(({ name }) => name === run);
  const values = recordOf(given);
  return pipeline === undefined || values === undefined ? {} : defaultsFor(fieldsOf(pipeline.input), known, defaults, values);
}

function recordOf(value: unknown): Defaults | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Defaults) : undefined;
}
