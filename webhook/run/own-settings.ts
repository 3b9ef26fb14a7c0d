/** What a repository has said of itself in its own file, for a route that is for all of its owner's. */
import { z } from "zod";
import { readConfigText } from "../../src/config.ts";
import { fieldType, spellValue } from "../../src/config/field-values.ts";
import { problemsOf } from "../../src/config/problem.ts";
import { asFairleadError, FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import { formatRepository, type Repository } from "../../src/core/git/repository.ts";
import { fieldsOf } from "../../src/core/run/fields.ts";
import type { Json } from "../../src/core/json.ts";
import { settleRepositories } from "../../src/core/run/parsed-input.ts";
import { parseInput, type Pipeline } from "../../src/core/run/pipeline.ts";
import type { Servers } from "../../src/core/servers.ts";
import type { Context } from "../../src/core/run/step.ts";
import { readSettings, settingsPath, type SettingsFile } from "../../src/steps/read-settings.ts";
import type { Outdated } from "./merged.ts";

/** A run of a route, as far as its repository may have a say. */
export interface OwnSettingsAsk {
  /** The fields that its file may set; undefined: the route is for no repository but its own. */
  readonly listed: readonly string[] | undefined;
  /** The input by the route alone, as it is given to the pipeline. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly event: Event;
  readonly repositoryAt: (name: string) => Repository;
  readonly servers: Pick<Servers, "plainHttp">;
}

/**
 * Returns the input with what the repository of the event says in its file, or that it has not switched the route on. Throws `input` with all that is wrong
 * with the file, by line and column.
 */
export async function ownInput<Input extends Readonly<Record<string, unknown>>>(
  ctx: Context,
  pipeline: Pipeline,
  input: Input,
  { listed, given, event, repositoryAt, servers }: OwnSettingsAsk,
): Promise<{ readonly input: Input } | Outdated> {
  if (listed === undefined) return { input };
  const repository = repositoryAt(repositoryOf(event));
  const name = formatRepository(repository);
  const pushed = event.kind === "push" ? { branch: event.branch, commit: event.commit } : undefined;
  const file = await fileOf(ctx, repository, pushed);
  if (file === undefined) return { reason: `the App is not installed in ${name}, or it is empty`, now: undefined, isUnneeded: true };
  if (file.text === null)
    return { reason: `${name} has no ${settingsPath} on ${file.branch}: it is not switched on`, now: undefined, isUnneeded: true };
  const values = valuesOf(file.text, { pipeline, listed, given, name });
  const parsed = parseInput(pipeline.name, pipeline.input, { ...given, ...values });
  return { input: settleRepositories(parsed, servers) as unknown as Input };
}

function repositoryOf(event: Event): string {
  if ("repository" in event && event.repository !== null) return event.repository;
  throw new FairleadError("internal", `read ${settingsPath}: an event of kind ${event.kind} names no repository`);
}

async function fileOf(
  ctx: Context,
  repository: Repository,
  pushed: { readonly branch: string; readonly commit: string } | undefined,
): Promise<SettingsFile | undefined> {
  try {
    return (await ctx.run(readSettings, { repository, pushed })).result;
  } catch (error) {
    if (asFairleadError(error).code === "not_found") return undefined;
    throw error;
  }
}

interface Reading extends Pick<OwnSettingsAsk, "given"> {
  readonly pipeline: Pipeline;
  readonly listed: readonly string[];
  readonly name: string;
}

/** Returns the values of a file as the pipeline's schema takes them. What a rule says of several fields is told where the file has one of them. */
function valuesOf(text: string, { pipeline, listed, given, name }: Reading): Readonly<Record<string, Json>> {
  const fields = fieldsOf(pipeline.input).filter((field) => listed.includes(field.name));
  const schema = z.strictObject({
    version: z.literal(1).optional(),
    ...Object.fromEntries(fields.map((field) => [field.name, fieldType(field).optional()])),
  });
  const spell = (value: unknown): Readonly<Record<string, Json>> => {
    const own = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
    const read = fields.filter((field) => own[field.name] !== undefined && fieldType(field).safeParse(own[field.name]).success);
    return Object.fromEntries(read.map((field) => [field.name, spellValue(field.kind, own[field.name])]));
  };
  const { config } = readConfigText(text, {
    path: `${name}/${settingsPath}`,
    schema,
    fill: (value) => ({ value: value ?? {}, written: (path) => path }),
    check: (value) => {
      const own = spell(value);
      return problemsOf(pipeline.input.strict(), { ...given, ...own }).filter(({ path: [field] }) => Object.hasOwn(own, String(field)));
    },
  });
  return spell(config);
}
