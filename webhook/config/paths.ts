import { absoluteCommon, absoluteReferences, mapValues, type Absolute } from "../../src/config/paths.ts";
import type { Kind } from "../../src/core/run/field.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { absoluteStore, defaultStore } from "../stores/index.ts";

/** A configuration, or a part of it, as it is written. */
type Written = Readonly<Record<string, unknown>>;

/**
 * Returns a valid configuration as it is written, with absolute paths: wherever it is read from then on, as by a worker, it means the same files. Its
 * store is always there, as the default one is a relative path.
 */
export function withAbsolutePaths(value: unknown, pipelines: readonly Pipeline[], absolute: Absolute): unknown {
  const { store = defaultStore, sources, routes, ...rest } = value as Written;
  return {
    ...absoluteCommon(rest, absolute),
    store: absoluteStore(String(store), absolute),
    ...(sources !== undefined && { sources: mapValues(sources as Readonly<Record<string, Written>>, (each) => ofSource(each, absolute)) }),
    ...(routes !== undefined && { routes: (routes as readonly Written[]).map((each) => ofRoute(each, pipelines, absolute)) }),
  };
}

function ofSource(source: Written, absolute: Absolute): Written {
  return mapValues(source, (value, name) => (name === "secrets" || name === "path" ? absoluteReferences(value, absolute) : value));
}

function ofRoute({ with: values, ...route }: Written, pipelines: readonly Pipeline[], absolute: Absolute): Written {
  if (values === undefined) return route;
  const pipeline = pipelines.find(({ name }) => name === route.run);
  const kinds = new Map(pipeline === undefined ? [] : fieldsOf(pipeline.input).map(({ name, kind }) => [name, kind]));
  return { ...route, with: mapValues(values as Written, (value, name) => ofField(kinds.get(name), value, absolute)) };
}

function ofField(kind: Kind | undefined, value: unknown, absolute: Absolute): unknown {
  if (kind === "directory") return absolute(String(value));
  return kind === "secret" || kind === "secrets" ? absoluteReferences(value, absolute) : value;
}
