import type { Event } from "../../src/core/event.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import type { Subject } from "../../src/core/reporter.ts";
import type { RunFacts } from "../../src/core/run/facts.ts";
import { givenRepository, namedSource } from "../../src/core/run/named-source.ts";
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

/** Returns what a run is about by what it has made. Throws `input` where it is about none of the repositories that the route names, or was given. */
export function subjectOfFacts(
  facts: RunFacts,
  named: readonly string[],
  values: Readonly<Record<string, unknown>>,
): StoredSubject | undefined {
  const source = namedSource(facts, [...named, ...givenRepository(values)], hintOf);
  return source && { repository: source.repository, commit: source.commit };
}

function hintOf(repository: string): string {
  return `add ${repository} to reportTo in fairlead.yaml if its runs are to be reported there`;
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
