import type { Repository } from "./repository.ts";

/** Returns the hosts of the repositories among values, each once. */
export function repositoryHosts(values: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    ...new Set(
      Object.values(values)
        .flat()
        .filter(isRepository)
        .map(({ host }) => host),
    ),
  ];
}

/** Tells whether a value of a parsed input is a repository. */
export function isRepository(value: unknown): value is Repository {
  return typeof value === "object" && value !== null && "transport" in value && "host" in value;
}
