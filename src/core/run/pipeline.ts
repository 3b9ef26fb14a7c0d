import type { z } from "zod";
import { createContext } from "./context.ts";
import { withCredentialField } from "./credential-field.ts";
import type { RunFacts } from "./facts.ts";
import { keepReads, type KeptReads } from "./kept-reads.ts";
import type { Ports } from "./ports.ts";
import { type Context } from "./step.ts";
import { type RunOptions } from "./run-options.ts";
import { FairleadError, inputError, type FieldProblem } from "../errors.ts";
import { credentialsOf, imagesOf, repositoriesOf, settleRepositories, writtenRepositories } from "./parsed-input.ts";
import type { AnyStep } from "./run-step.ts";
import type { RunScope } from "../scope.ts";
import type { Report, ReportEntry } from "./report.ts";
import { settleAll } from "../limit.ts";
import { speaksPlainHttp } from "../servers.ts";
import type { Json } from "../json.ts";

/** A whole piece of work over typed values. The steps that it lists are all that it may run. */
export interface Pipeline<S extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** One sentence, without full stop: what the entry points say of it. */
  readonly summary: string;
  /** Calls that work, as they are typed after `fairlead`: the shortest first. */
  readonly examples: readonly string[];
  /**
   * Whose code a run executes. `their code`: that of the repository or image which its input names, as a build does. `our code`: this program's alone,
   * which acts on what the input names. `nothing`: it only tells what it is given.
   */
  readonly runs: "nothing" | "our code" | "their code";
  readonly input: S;
  /** The schema of the result: it makes `--json`, the object of the Dagger module and the outputs of a GitHub Action. */
  readonly output: O;
  readonly steps: readonly AnyStep[];
  run(ctx: Context, input: z.output<S>): Promise<ResultOf<O>>;
  /** Returns what a run has made, by its result and its input, for whoever shows it; absent for a pipeline that makes nothing to be shown. Pure. */
  facts?(output: ResultOf<O>, input: z.output<S>): RunFacts;
}

/** The result of a pipeline with this output. */
export type ResultOf<O extends z.ZodType> = Frozen<z.output<O>>;

type Frozen<T> = unknown extends T
  ? Json
  : Json extends T
    ? T
    : T extends readonly (infer E)[]
      ? readonly Frozen<E>[]
      : { readonly [K in keyof T]: Frozen<T[K]> };

/** The output, where what `run` returns has no field more than it. */
type Exactly<Result, Out> = Json extends Result ? Result : Result extends Shape<Out> ? Result : never;

/** A type with its fields, and anything in them. */
type Shape<T> = [T] extends [null]
  ? unknown
  : T extends readonly (infer E)[]
    ? readonly Shape<E>[]
    : T extends object | null
      ? { readonly [K in keyof T]: Shape<T[K]> }
      : unknown;

/** Returns the pipeline as it was given, with its types inferred. What `run` returns is the output and no more, which tsc checks. */
export function definePipeline<S extends z.ZodObject, O extends z.ZodType, Out extends Json>(
  pipeline: Omit<Pipeline<S, O>, "run"> & {
    run(ctx: Context, input: z.output<S>): Promise<Out & Exactly<ResultOf<O>, Out>>;
  },
): Pipeline<S, O> {
  return pipeline;
}

/**
 * Validates the input and runs the pipeline: the one call behind every entry point. Throws a FairleadError: `input` lists all problems
 * of the input at once, anything else is what a step ended with.
 */
export async function runPipeline<S extends z.ZodObject, O extends z.ZodType>(
  pipeline: Pipeline<S, O>,
  options: RunOptions,
  input: unknown,
): Promise<ResultOf<O>> {
  const values = settleRepositories(parseInput(pipeline.name, pipeline.input, input), options.servers);
  assertNoPlainHttp(pipeline, options, values);
  try {
    return await runParsed(pipeline, options, values);
  } catch (error) {
    throw error instanceof FairleadError ? withCredentialField(error, pipeline.input, values) : error;
  }
}

async function runParsed<S extends z.ZodObject, O extends z.ZodType>(
  pipeline: Pipeline<S, O>,
  options: RunOptions,
  values: z.output<S>,
): Promise<ResultOf<O>> {
  const ports = options.ports(credentialsOf(pipeline.input, values), scopeOf(pipeline, options, values));
  // A repository that this run cannot get into is told before anything is asked of another.
  await settleAll(repositoriesOf(pipeline.input, values).map(([, each]) => ports.git.checkAccess(each)));
  options.report({ type: "run-started", pipeline: pipeline.name, dryRun: options.dryRun });
  const reads = await preflight(pipeline, options, ports, values);
  return await pipeline.run(
    createContext(options, pipeline.steps, (mayRecall) => reads?.recalling(mayRecall) ?? ports),
    values,
  );
}

/**
 * Plans all steps of a run before the first acts, so that a wrong name in the last costs no build. Returns what was read. Undefined for a run that plans
 * alone, for one of a single step, and for one that an earlier process has begun: what it is to do was found then.
 */
async function preflight<S extends z.ZodObject, O extends z.ZodType>(
  pipeline: Pipeline<S, O>,
  options: RunOptions,
  ports: Ports,
  values: z.output<S>,
): Promise<KeptReads | undefined> {
  if (options.dryRun || options.resumed || pipeline.steps.length < 2) return undefined;
  const reads = keepReads(ports, () => options.now().getTime());
  const warnings: ReportEntry[] = [];
  const report: Report = (entry) => void (entry.type === "warning" && warnings.push(entry));
  let waits = false;
  const looking = { ...options, dryRun: true, report, onWait: () => void (waits = true) };
  const context = createContext(looking, pipeline.steps, () => reads.keeping());
  try {
    await pipeline.run(context, values);
    return reads;
  } catch (error) {
    if (waits) return undefined; // what is missing now may be there by then
    for (const entry of warnings) options.report(entry); // else the run itself says them
    throw error;
  }
}

/** Returns what a schema reads of an input, which has nothing else. Throws `input` that lists all its problems at once, beginning with `name`. */
export function parseInput<S extends z.ZodObject>(name: string, schema: S, input: unknown): z.output<S> {
  const parsed = closed(schema).safeParse(input, { reportInput: true });
  if (!parsed.success) throw schemaError(name, parsed.error.issues);
  return parsed.data as z.output<S>;
}

const closedSchemas = new WeakMap<z.ZodObject, z.ZodObject>();

/** Returns the schema that takes no other fields. It is made once: zod compiles each at its first use, ten times as long as a parse. */
function closed(schema: z.ZodObject): z.ZodObject {
  const known = closedSchemas.get(schema) ?? schema.strict();
  closedSchemas.set(schema, known);
  return known;
}

function scopeOf({ input, steps }: Pipeline, { id }: RunOptions, values: Readonly<Record<string, unknown>>): RunScope {
  const needs = [...new Set(steps.flatMap((step) => step.needs))];
  const hosts = repositoriesOf(input, values).map(([, each]) => each);
  return {
    session: `fairlead-${id}`,
    images: imagesOf(input, values),
    hosts,
    needs,
    written: writtenRepositories(input, values),
    input: values,
  };
}

/** Throws `input` when a repository is over plain HTTP and its host is not allowed it: a token must not be read on the way. */
function assertNoPlainHttp({ name, input }: Pipeline, { servers }: RunOptions, values: Readonly<Record<string, unknown>>): void {
  const plain = repositoriesOf(input, values).filter(([, each]) => each.transport === "http" && !speaksPlainHttp(each.host, servers));
  const fields = plain.map(([field, { host }]) => ({ field, message: `plain HTTP to ${host} is not allowed` }));
  if (fields.length === 0) return;
  const hosts = plain.map(([, { host }]) => `--plain-http ${host}`).join(" ");
  throw inputError(name, fields, `use https, or allow it with ${hosts} or servers.plainHttp`);
}

function schemaError(name: string, issues: readonly z.core.$ZodIssue[]): FairleadError {
  const fields = issues.map((issue): FieldProblem => {
    if (issue.code === "unrecognized_keys") return { field: issue.keys.join(", "), message: "no such input" };
    const missing = issue.code === "invalid_type" && issue.input === undefined;
    return { field: issue.path.join("."), message: missing ? "it is missing" : issue.message };
  });
  const hints = [...new Set(issues.flatMap((issue) => hintOf(issue) ?? []))];
  return inputError(name, fields, hints.length === 0 ? undefined : hints.join("; "));
}

/** The hint of what read the field: see `parsed` in input.ts. */
function hintOf(issue: z.core.$ZodIssue): string | undefined {
  const hint: unknown = issue.code === "custom" ? issue.params?.hint : undefined;
  return typeof hint === "string" ? hint : undefined;
}
