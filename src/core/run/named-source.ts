import { FairleadError } from "../errors.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import { opens } from "../opens.ts";
import type { BuiltFrom, RunFacts } from "./facts.ts";

/**
 * Returns what the first of a run's images was built from, of those from these repositories, or below these owners; undefined if nobody knows of any.
 * Labels say so of an image that the run has not built, and whoever pushes it writes them: they choose among what was named. Throws `input` where they name
 * none of that; `hintOf` says what to do about a repository.
 */
export function namedSource(
  { images }: RunFacts,
  places: readonly string[],
  hintOf: (repository: string) => string,
): BuiltFrom | undefined {
  const sources = images.flatMap(({ source }) => source ?? []);
  const [first] = sources;
  if (first === undefined) return undefined;
  const named = sources.find(({ repository }) => places.some((place) => opens(place, repository)));
  if (named !== undefined) return named;
  throw new FairleadError("input", `report run to ${first.repository}: only the labels of an image name it`, {
    hint: hintOf(first.repository),
  });
}

/** Returns the repository that a run was given to build, as a list of one; an empty list where it was given none. */
export function givenRepository({ repository }: Readonly<Record<string, unknown>>): readonly string[] {
  return typeof repository === "object" && repository !== null ? [formatRepository(repository as Repository)] : [];
}
