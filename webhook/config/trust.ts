/** Which events may start which pipelines: what a stranger can cause depends on whose code a run executes, and on nothing else. */
import type { Path } from "../../src/config/document.ts";
import { holdsSecrets } from "../../src/config/field-values.ts";
import type { Problem } from "../../src/config/problem.ts";
import type { Event } from "../../src/core/event.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";

type Trusted = Pick<Pipeline, "name" | "runs" | "input" | "steps">;

/** A route as far as trust goes: its pipeline, the kind of its events, whether forks may cause them, and the fields of its `with`. */
interface Asking {
  readonly pipeline: Trusted;
  readonly kind: Event["kind"];
  readonly forks: boolean;
  readonly given: readonly string[];
}

/** Returns what is wrong with a route that anybody could start: by a pull request of a fork where it takes those, or by a comment. */
export function checkTrust(path: Path, { pipeline, kind, forks, given }: Asking): readonly Problem[] {
  if (kind === "comment" && pipeline.runs !== "nothing") return [{ path: [...path, "when", "kind"], message: anybodyWrites(pipeline) }];
  if (!forks) return [];
  const message = whyNoForks(pipeline, kind);
  if (message !== undefined) return [{ path: [...path, "when", "forks"], message }];
  const secrets = fieldsOf(pipeline.input).filter((field) => holdsSecrets(field) && given.includes(field.name));
  return secrets.map(({ name }) => ({
    path: [...path, "with", name],
    message: "a run that a fork may start is given no secret: leave it out",
  }));
}

function anybodyWrites({ name }: Trusted): string {
  return `anybody may write a comment, and ${name} does more than to tell what it is given: let a step wait for the comment`;
}

/**
 * A build of a fork's commit waits for somebody's approval; what acts in the name of whoever runs it never takes a stranger's word. An approval is of code
 * that is run, not of what is written to a repository with its result.
 */
function whyNoForks({ name, runs, steps }: Trusted, kind: Event["kind"]): string | undefined {
  if (runs === "nothing") return undefined;
  const write = steps.flatMap(({ needs }) => needs).find((permission) => permission.endsWith(":write"));
  if (write !== undefined && runs === "their code") {
    return `${name} writes to a repository (${write}), and anybody may open a pull request from a fork: leave it out, or run build`;
  }
  if (runs === "our code") return `${name} acts with your credentials, and anybody may open a pull request from a fork: leave it out`;
  return kind === "pull-request" ? undefined : `${name} runs their code, which is approved by pull request: expected kind pull-request`;
}
