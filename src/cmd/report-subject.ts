import { readFileSync } from "node:fs";
import { environmentOf } from "../config/environments.ts";
import { expectedPlace, isReportPlace } from "../config/report-to.ts";
import type { CiJob } from "../core/adapter.ts";
import { FairleadError } from "../core/errors.ts";
import { formatRepository, parseRepository, type Repository } from "../core/git/repository.ts";
import type { Subject } from "../core/reporter.ts";
import type { BuiltFrom, RunFacts } from "../core/run/facts.ts";
import { givenRepository, namedSource } from "../core/run/named-source.ts";
import { environmentJob } from "../environment.ts";
import type { Filled, Values } from "./command.ts";

/** What tells what a run is about. */
export interface SubjectFacts {
  readonly run: string;
  readonly facts: RunFacts;
  /** What the run was to build, if it got as far. */
  readonly built: BuiltFrom | undefined;
  /** The input of its pipeline. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The repositories, and their owners, that labels of images may name. */
  readonly places: readonly string[];
  readonly filled: Filled | undefined;
}

/** Returns what `--report-to` and a named configuration say. Throws `input` for what is neither a repository nor an owner. */
export function reportPlaces(values: Values, filled: Filled | undefined): readonly string[] {
  const typed = (values.reportTo ?? []) as readonly string[];
  const wrong = typed.find((each) => !isReportPlace(each));
  if (wrong === undefined) return [...typed, ...(filled?.config?.reportTo ?? [])];
  throw new FairleadError("input", `read --report-to ${wrong}: ${expectedPlace}`, {
    hint: "name a repository such as github.com/acme/app",
  });
}

/** What a run is about; undefined where nobody knows. */
export interface FoundSubject {
  readonly subject: Subject | undefined;
  /** Why it is about nothing of what the labels of its images name; undefined where they name nothing else. */
  readonly refused: FairleadError | undefined;
}

/**
 * Returns what a run is about: what was built says it best; then the commit that was asked for, and then the job in which this is. Labels of an image choose
 * among the repository that was given, that of the job, and those that were named.
 */
export function findSubject(known: SubjectFacts): FoundSubject {
  const job = environmentJob(readText);
  const { source, refused } = findSource(known, job);
  const about = source ?? known.built ?? askedOf(known.values) ?? (isOfJob(known.values, job) ? job : undefined);
  return { subject: about && subjectOf(known, about, job), refused };
}

function subjectOf(known: SubjectFacts, about: Pick<BuiltFrom, "repository" | "commit">, job: CiJob | undefined): Subject {
  const pullRequest = about.commit === job?.commit ? job.pullRequest : undefined;
  const repository = parseRepository(about.repository);
  const environment = environmentOf(known.filled?.config?.environments ?? {}, known.values, repository);
  return { run: known.run, repository, commit: about.commit, pullRequest, url: job?.url, environment };
}

function findSource(
  { facts, values, places }: SubjectFacts,
  job: CiJob | undefined,
): { readonly source?: BuiltFrom | undefined; readonly refused: FairleadError | undefined } {
  const own = job === undefined ? [] : [job.repository];
  try {
    return { source: namedSource(facts, [...places, ...givenRepository(values), ...own], hintOf), refused: undefined };
  } catch (error) {
    if (error instanceof FairleadError) return { refused: error };
    throw error;
  }
}

function hintOf(repository: string): string {
  return `say --report-to ${repository} if its runs are to be reported there`;
}

function askedOf({ repository, ref }: SubjectFacts["values"]): Pick<BuiltFrom, "repository" | "commit"> | undefined {
  if (typeof ref !== "string" || repository === undefined || !/^[0-9a-f]{40}$/.test(ref)) return undefined;
  return { repository: formatRepository(repository as Repository), commit: ref };
}

function isOfJob(values: SubjectFacts["values"], job: CiJob | undefined): boolean {
  return values.repository === undefined || givenRepository(values).includes(job?.repository ?? "");
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
