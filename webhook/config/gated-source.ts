/** What is built behind a gate: the commit that the gate is asked about, and no other. */
import type { z } from "zod";
import type { Path } from "../../src/config/document.ts";
import type { Problem } from "../../src/config/problem.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import { formatRepository } from "../../src/core/git/repository.ts";
import { isRepository } from "../../src/core/git/repository-hosts.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";
import { readTemplate } from "./check-text.ts";
import { boundEvents } from "./check-with.ts";
import { fillValues } from "./fill.ts";
import { namesCommit } from "./gate.ts";
import type { When } from "./when.ts";
import type { WithValues } from "./with.ts";

type Built = Pick<Pipeline, "name" | "runs" | "input">;

/** A route as it is written, as far as it says what is built behind its gate. */
interface Asking {
  readonly pipeline: Pipeline;
  readonly values: WithValues;
  readonly when: When;
  readonly gate: unknown;
  /** What repositories may set in their own files. */
  readonly listed: unknown;
  readonly environments: unknown;
}

/**
 * Returns what is wrong with a route that runs their code behind a gate, but may run that of another commit: a branch may have moved, and a fork's may be called
 * like any ref.
 */
export function checkGatedSource(path: Path, { pipeline, values, when, gate, listed, environments }: Asking): readonly Problem[] {
  const gated = gate !== undefined || when.forks === true || asksApproval(values.environment, environments);
  if (!gated || pipeline.runs !== "their code" || !namesCommit(when.kind)) return [];
  if (!("repository" in pipeline.input.shape && "ref" in pipeline.input.shape))
    return [
      { path: [...path, "gate"], message: `${pipeline.name} has no repository and ref: nothing says that it runs the approved commit` },
    ];
  const at = (field: string): Path => [...path, "with", field];
  const theirs = Array.isArray(listed) ? (listed as readonly unknown[]).indexOf("ref") : -1;
  return [
    ...(isEventsCommit(values.ref)
      ? []
      : [{ path: at("ref"), message: 'its gate is about the commit of the event: write ref: "${{ event.commit }}"' }]),
    ...(boundEvents(when).every((event) => isEventsRepository(pipeline, values, event))
      ? []
      : [{ path: at("repository"), message: 'its gate is about a commit of the event: write repository: "${{ event.repository }}"' }]),
    ...(theirs < 0
      ? []
      : [{ path: [...path, "from-repository", theirs], message: "its gate is about the commit of the event: leave it out" }]),
  ];
}

function asksApproval(name: unknown, environments: unknown): boolean {
  if (typeof name !== "string" || typeof environments !== "object" || environments === null || !Object.hasOwn(environments, name))
    return false;
  const { [name]: environment } = environments as Readonly<Record<string, { readonly approve?: unknown } | null>>;
  return environment?.approve !== undefined;
}

function isEventsCommit(ref: unknown): boolean {
  const parts = typeof ref === "string" ? readTemplate(ref) : [];
  if (typeof parts === "string") return true; // which is an error of its own
  const [part, ...others] = parts;
  return part !== undefined && others.length === 0 && "field" in part && part.field === "commit" && part.filters === undefined;
}

function isEventsRepository(pipeline: Pipeline, { repository }: WithValues, event: Event): boolean {
  if (repository === undefined) return false;
  try {
    const { repository: filled } = fillValues(pipeline, { repository }, event);
    const read = (pipeline.input.shape.repository as z.ZodType).safeParse(filled);
    return !read.success || isSame(read.data, (event as { readonly repository?: unknown }).repository);
  } catch {
    return true; // which is an error of its own
  }
}

function isSame(given: unknown, name: unknown): boolean {
  return isRepository(given) && typeof name === "string" && formatRepository(given).toLowerCase() === name.toLowerCase();
}

/** Throws `input` where a run would execute the code of another commit than the one that its gate is asked about. */
export function assertGatedSource(
  { name, runs }: Built,
  input: Readonly<Record<string, unknown>>,
  { repository, commit }: { readonly repository: string; readonly commit: string },
): void {
  if (runs !== "their code") return;
  const isFull = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit);
  if (isFull && input.ref === commit && isSame(input.repository, repository)) return;
  throw new FairleadError(
    "input",
    `${name}: it would run another commit than ${repository} ${commit.slice(0, 12)}, which its gate is about`,
    {
      hint: 'give it repository: "${{ event.repository }}" and ref: "${{ event.commit }}"',
    },
  );
}
