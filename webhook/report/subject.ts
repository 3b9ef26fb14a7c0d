import type { Event } from "../../src/core/event.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { formatRepository, parseRepository, type Repository } from "../../src/core/git/repository.ts";
import { opens } from "../../src/core/opens.ts";
import type { Subject } from "../../src/core/reporter.ts";
import type { RunFacts } from "../../src/core/run/facts.ts";
import type { StoredSubject } from "../store-reports.ts";

/** Returns what a run of an event is about; undefined for an event that names no commit of a repository, such as that of an image. */
export function subjectOf(event: Event): StoredSubject | undefined {
  if (event.kind === "pull-request") {
    const { repository, number, commit, mergeCommit } = event;
    return about(repository, mergeCommit ?? commit, { pullRequest: number });
  }
  if (event.kind === "deployment") {
    const { repository, commit, id, environment: name, url, pullRequest } = event;
    const deployment = { id: Number(id), environment: name };
    return about(repository, commit, { environment: { name, url }, deployment, ...(pullRequest !== undefined && { pullRequest }) });
  }
  return "repository" in event && "commit" in event ? about(event.repository, event.commit) : undefined;
}

function about(repository: string | null, commit: string | null, more: Partial<StoredSubject> = {}): StoredSubject | undefined {
  return repository === null || commit === null ? undefined : { repository, commit, ...more };
}

/**
 * Returns what a run is about by what it has made: the commit from which the first of its images was built. Labels say so of an image that the run has not
 * built, and whoever pushes it writes them: they choose among the repositories that the route names. Throws `input` where it names none of theirs.
 */
export function subjectOfFacts({ images }: RunFacts, named: readonly string[], values: Values): StoredSubject | undefined {
  const sources = images.flatMap(({ source }) => source ?? []);
  const [first] = sources;
  if (first === undefined) return undefined;
  const places = [...named, ...givenRepository(values)];
  const source = sources.find(({ repository }) => places.some((place) => opens(place, repository)));
  if (source !== undefined) return { repository: source.repository, commit: source.commit };
  throw new FairleadError("input", `report run to ${first.repository}: only the labels of an image name it`, {
    hint: `add ${first.repository} to reportTo in fairlead.yaml if its runs are to be reported there`,
  });
}

type Values = Readonly<Record<string, unknown>>;

/** Returns the repository that the run was given to build. */
function givenRepository({ repository }: Values): readonly string[] {
  return typeof repository === "object" && repository !== null ? [formatRepository(repository as Repository)] : [];
}

/** Returns a stored subject as reporters take it. */
export function openSubject(run: string, { repository, environment, ...rest }: StoredSubject): Subject {
  return {
    run,
    ...rest,
    repository: parseRepository(repository),
    environment: environment && { name: environment.name, url: environment.url ?? undefined },
  };
}
