// `environments` of fairlead.yaml: where a deployment goes, and where what runs there is reached.
import { z } from "zod";
import { FairleadError } from "../core/errors.ts";
import { parseRepository, type Repository } from "../core/git/repository.ts";
import type { EarlierEnvironment } from "../core/deploy/earlier.ts";
import { folderInside } from "../core/run/input.ts";
import type { Environment } from "../core/reporter.ts";
import { approverFields } from "./approvers.ts";
import { environmentUrl, urlProblem } from "./environment-url.ts";
import { meant } from "./problem.ts";
import { oneOrMore } from "./values.ts";

/** Returns the schema of a text, of which `problemOf` says what is wrong. */
function text(problemOf: (text: string) => string | undefined): z.ZodString {
  return z.string().superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

function repositoryProblem(url: string): string | undefined {
  try {
    parseRepository(url);
    return undefined;
  } catch (error) {
    if (error instanceof FairleadError) return error.message;
    throw error;
  }
}

const environment = z.strictObject({
  fluxRepository: text(repositoryProblem).optional().describe("change the manifests of this Git repository, which Flux applies"),
  fluxBranch: z.string().min(1, "it is empty").optional().describe("change this branch (default: the default branch)"),
  fluxPath: z.string().min(1, "it is empty").optional().describe("search for the image only in this folder (default: all folders)"),
  url: text(urlProblem)
    .optional()
    .describe("page of what runs there; ${{ repository.name }}, ${{ repository.owner }} and ${{ environment.name }} are values"),
  after: oneOrMore(z.string()).optional().describe("deploy only the image, by its digest, that the manifests of these environments have"),
  approve: z.strictObject(approverFields).optional().describe("a route that deploys here waits until one of these has approved its commit"),
});

/** The environments of a configuration, by name. */
export type Environments = Readonly<Record<string, z.output<typeof environment>>>;

/** The schema of the environments of a configuration. */
export const environmentsSchema = z
  .record(
    z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, "expected a name of letters, digits, dots and hyphens, such as production"),
    environment,
  )
  .superRefine(
    (given, context) => {
      for (const { path, message } of placeProblems(given)) context.addIssue({ code: "custom", path, message });
    },
    { when: ({ value }) => typeof value === "object" && value !== null }, // also where a field is wrong by itself: all is told at once
  );

interface PlaceProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Returns what is wrong with environments among each other. Some may not have their form. */
function placeProblems(environments: Readonly<Record<string, unknown>>): readonly PlaceProblem[] {
  const names = Object.keys(environments);
  return names.flatMap((name): readonly PlaceProblem[] => {
    const after = afterOf(environments[name]);
    const wrong = after.flatMap((each, index) =>
      afterProblem(environments, each).map((message) => ({ path: [name, "after", index], message })),
    );
    const circle = comesAfterItself(name, environments) ? [{ path: [name, "after"], message: "it comes after itself" }] : [];
    return [...wrong, ...circle];
  });
}

/** What an environment of its own place does not say, nothing else says: its repository may be that of the later one, but not its folder too. */
function afterProblem(environments: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const unknown = environmentProblem(environments, name);
  if (unknown !== undefined) return [unknown];
  const { fluxRepository, fluxPath } = (environments[name] ?? {}) as Readonly<Record<string, unknown>>;
  const isSomewhere = fluxRepository !== undefined || fluxPath !== undefined;
  return isSomewhere ? [] : [`environment "${name}" says neither fluxRepository nor fluxPath, so nothing tells what it has`];
}

function afterOf(environment: unknown): readonly string[] {
  const { after = [] } = (environment ?? {}) as { readonly after?: unknown };
  return [after].flat().filter((each) => typeof each === "string");
}

function comesAfterItself(name: string, environments: Readonly<Record<string, unknown>>): boolean {
  const seen = new Set<string>();
  const waiting = [...afterOf(environments[name])];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (each === name) return true;
    if (!seen.has(each)) waiting.push(...afterOf(environments[each]));
    seen.add(each);
  }
  return false;
}

/** The fields of a pipeline that an environment sets where they are not given. */
const settable = ["fluxRepository", "fluxBranch", "fluxPath"] as const;

/** Returns the fields that an environment sets. Throws `input` for a name that is none. */
export function environmentFields(environments: Environments, name: string): Readonly<Record<string, string>> {
  const message = environmentProblem(environments, name);
  if (message !== undefined)
    throw new FairleadError("input", message, { hint: "add it to environments in fairlead.yaml, or name another" });
  const found = environments[name];
  return Object.fromEntries(settable.flatMap((field) => (found?.[field] === undefined ? [] : [[field, found[field]]])));
}

/** Returns what is wrong with the name of an environment; undefined where nothing is. */
export function environmentProblem(environments: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const names = Object.keys(environments);
  return names.includes(name) ? undefined : `there is no environment "${name}"${meant(name, names)}`;
}

/** Returns the environment of a run, for its reports: that which its input names; undefined where it names none. */
export function environmentOf(
  environments: Environments,
  { environment: name }: Readonly<Record<string, unknown>>,
  repository: Pick<Repository, "path">,
): Environment | undefined {
  if (typeof name !== "string") return undefined;
  const template = environments[name]?.url;
  return { name, url: template === undefined ? undefined : environmentUrl(template, name, repository) };
}

/** Returns where the environments are that come before another, by its name. */
export function earlierIn(environments: Environments): (name: string) => readonly EarlierEnvironment[] {
  return (name) =>
    [environments[name]?.after ?? []].flat().map((each): EarlierEnvironment => {
      const { fluxRepository, fluxBranch, fluxPath = "" } = environments[each] ?? {};
      const repository = fluxRepository === undefined ? undefined : parseRepository(fluxRepository);
      return { name: each, repository, branch: fluxBranch, folder: folderOf(each, fluxPath) };
    });
}

function folderOf(name: string, fluxPath: string): string {
  const { data, error } = folderInside().safeParse(fluxPath);
  if (data !== undefined) return data;
  throw new FairleadError("input", `read environment ${name}: fluxPath: ${error?.issues.map(({ message }) => message).join("; ")}`);
}
