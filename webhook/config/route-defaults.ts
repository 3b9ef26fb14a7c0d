import { defaultsFor, type DefaultFields, type Defaults } from "../../src/config/defaults.ts";
import type { Path } from "../../src/config/document.ts";
import { environmentFields, environmentProblem, type Environments } from "../../src/config/environments.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";

/** A configuration in which each route says what it has by default, and where the file has what a path in it names. */
export interface FilledConfig {
  readonly value: unknown;
  readonly written: (path: Path) => Path;
}

/** What is added to a route: by its environment, and by the defaults. */
interface Added {
  readonly environment: string | undefined;
  readonly ofEnvironment: Defaults;
  readonly ofDefaults: Defaults;
}

/**
 * Returns a configuration with its environments and defaults in its routes: what a route says goes before its environment, and that before the defaults.
 * It takes the configuration as it was written: what has no form is left as it is.
 */
export function fillRoutes(config: unknown, pipelines: readonly Pipeline[], known: DefaultFields): FilledConfig {
  const { defaults, environments, routes } = recordOf(config) ?? {};
  if (!Array.isArray(routes)) return { value: config, written: (path) => path };
  const places = recordOf(environments) ?? {};
  const added = routes.map((route: unknown) => addedTo(route, pipelines, known, recordOf(defaults) ?? {}, places));
  const filled = routes.map((route: unknown, index) => {
    const own = { ...added[index]?.ofDefaults, ...added[index]?.ofEnvironment };
    return Object.keys(own).length === 0 ? route : { ...recordOf(route), with: { ...own, ...recordOf(recordOf(route)?.with) } };
  });
  return {
    value: { ...recordOf(config), routes: filled },
    written: (path) => {
      const [section, index, part, field, ...rest] = path;
      if (section !== "routes" || part !== "with" || field === undefined) return path;
      const { environment, ofEnvironment, ofDefaults } = added[Number(index)] ?? {};
      if (environment !== undefined && Object.hasOwn(ofEnvironment ?? {}, field)) return ["environments", environment, field, ...rest];
      return Object.hasOwn(ofDefaults ?? {}, field) ? ["defaults", field, ...rest] : path;
    },
  };
}

function addedTo(route: unknown, pipelines: readonly Pipeline[], known: DefaultFields, defaults: Defaults, environments: Defaults): Added {
  const { run, with: given = {} } = recordOf(route) ?? {};
  const pipeline = pipelines.find(({ name }) => name === run);
  const values = recordOf(given);
  const none = { environment: undefined, ofEnvironment: {}, ofDefaults: {} };
  if (pipeline === undefined || values === undefined) return none;
  const fields = fieldsOf(pipeline.input);
  const named = fields.some(({ name }) => name === "environment") ? (values.environment ?? defaults.environment) : undefined;
  const environment = typeof named === "string" ? named : undefined;
  const ofEnvironment = defaultsFor(fields, known, fieldsOfEnvironment(environments, environment), values);
  return { environment, ofEnvironment, ofDefaults: defaultsFor(fields, known, defaults, { ...ofEnvironment, ...values }) };
}

/** One that is not there is told where it is named; one that has no form, where it stands. */
function fieldsOfEnvironment(environments: Defaults, name: string | undefined): Defaults {
  if (name === undefined || environmentProblem(environments, name) !== undefined || recordOf(environments[name]) === undefined) return {};
  return environmentFields(environments as Environments, name);
}

function recordOf(value: unknown): Defaults | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Defaults) : undefined;
}
