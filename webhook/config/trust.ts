/** Which events may start which pipelines: what a stranger can cause depends on whose code a run executes, and on nothing else. */
import type { Path } from "../../src/config/document.ts";
import { holdsSecrets } from "../../src/config/field-values.ts";
import type { Problem } from "../../src/config/problem.ts";
import type { Event } from "../../src/core/event.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Pipeline } from "../../src/core/run/pipeline.ts";

type Trusted = Pick<Pipeline, "name" | "runs" | "input" | "steps">;

/** A route as far as trust goes: its pipeline, the kind of its events, whether forks may cause them, and its `with`. */
interface Asking {
  readonly pipeline: Trusted;
  readonly kind: Event["kind"];
  readonly forks: boolean;
  readonly given: Readonly<Record<string, unknown>>;
}

/** Returns what is wrong with a route that anybody could start: by a pull request of a fork where it takes those, or by a comment. */
export function checkTrust(path: Path, { pipeline, kind, forks, given }: Asking): readonly Problem[] {
  if (kind === "comment" && pipeline.runs !== "nothing") return [{ path: [...path, "when", "kind"], message: anybodyWrites(pipeline) }];
  if (!forks) return [];
  const message = whyNoForks(pipeline, kind);
  if (message !== undefined) return [{ path: [...path, "when", "forks"], message }];
  const secrets = fieldsOf(pipeline.input).filter((field) => holdsSecrets(field) && field.name in given);
  const named = secrets.map(({ name }) => ({
    path: [...path, "with", name],
    message: "a run that a fork may start is given no secret: leave it out",
  }));
  return [...named, ...checkPull([...path, "with"], pipeline, given)];
}

/** By default a build logs in to the image's registry as its push does, and a Dockerfile can copy out of every image that the login may read. */
function checkPull(path: Path, { input }: Trusted, { pullLogin }: Asking["given"]): readonly Problem[] {
  if (!("pullLogin" in input.shape) || pullLogin === false) return [];
  const place = pullLogin === undefined ? path : [...path, "pullLogin"];
  return [{ path: place, message: "a fork's Dockerfile could read all that the login to the registry may: write pullLogin: false" }];
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
