import type { z } from "zod";
import { FairleadError, type FileProblem } from "../core/errors.ts";
import { suggest } from "../core/text/suggest.ts";
import type { Fault, Path, Place, Position, YamlDocument } from "./document.ts";
import { namesAt, unionAt } from "./names.ts";
import { newForm } from "./renamed.ts";

/** Something that is wrong with a configuration. */
export interface Problem {
  readonly path: Path;
  /** The key is wrong, not what stands behind it. */
  readonly key?: boolean;
  readonly message: string;
}

/** The most problems that are shown: more than these usually have one common cause. */
const mostShown = 50;

/** Returns what a schema says of a value that it does not take, in words for people. Nothing is repeated of a value: it may be a secret. */
export function problemsOf(schema: z.ZodType, value: unknown, path: Path = []): readonly Problem[] {
  const parsed = schema.safeParse(value, { reportInput: true });
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOfIssue(schema, value, issue, path));
}

function problemsOfIssue(schema: z.ZodType, value: unknown, issue: z.core.$ZodIssue, base: Path): readonly Problem[] {
  const own = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const path = [...base, ...own];
  if (issue.code === "unrecognized_keys") {
    const known = namesAt(schema, value, own);
    return issue.keys.map((key) => ({ path: [...path, key], key: true, message: `there is no such field${meantField(key, known)}` }));
  }
  const union = issue.code === "invalid_union" && issue.errors.length === 0 ? unionAt(schema, value, own.slice(0, -1)) : undefined;
  if (union !== undefined) return [{ path, message: messageOf(issue, own) }, ...problemsOfAny(union, issue.input, path.slice(0, -1))];
  if (issue.code === "invalid_key") return [{ path, key: true, message: issue.issues[0]?.message ?? issue.message }];
  if (issue.code === "invalid_union" && issue.errors.length > 0) return [ofUnion(issue, path)];
  return [{ path, message: messageOf(issue, own) }];
}

/** The form of a value is not known: returns the problems that it has in every form. */
function problemsOfAny(union: z.ZodDiscriminatedUnion, input: unknown, path: Path): readonly Problem[] {
  const { discriminator } = union.def;
  const lists = (union.options as readonly z.ZodObject[]).map((option) => {
    const [told] = (option.shape[discriminator] as z.ZodLiteral).values;
    return problemsOf(option, { ...(input as object), [discriminator]: told }, path);
  });
  const [first = [], ...others] = lists;
  const isSame = (a: Problem, b: Problem): boolean => formatPath(a.path) === formatPath(b.path) && a.message === b.message;
  return first.filter((each) => others.every((list) => list.some((other) => isSame(each, other))));
}

function messageOf(issue: z.core.$ZodIssue, own: Path): string {
  const found = fieldOf(issue, own);
  if (issue.code === "invalid_union") return found === undefined ? "it is missing" : noSuch(found, "options" in issue ? issue.options : []);
  if (issue.code === "invalid_value") return found === undefined ? "it is missing" : noSuch(found, issue.values);
  if (issue.code === "custom" && typeof issue.params?.hint === "string") return `${issue.message}; ${issue.params.hint}`;
  if (issue.code !== "invalid_type") return issue.message;
  if (found !== undefined && !issue.message.startsWith("Invalid input")) return issue.message; // the field's own words
  return found === undefined ? "it is missing" : `expected ${expected[issue.expected] ?? issue.expected}`;
}

/** The value in question: of a union that is told apart by a field, the issue has the whole, and the field is the path's last step. */
function fieldOf(issue: z.core.$ZodIssue, own: Path): unknown {
  if (issue.code !== "invalid_union") return issue.input;
  return (issue.input as Readonly<Record<string, unknown>> | null | undefined)?.[own.at(-1) ?? ""];
}

function noSuch(found: unknown, options: readonly unknown[]): string {
  const known = options.map(String);
  const near = typeof found === "string" ? meant(found, known) : "";
  return near === "" ? `expected ${known.join(", ")}`.replace(/, ([^,]*)$/, " or $1") : `there is no such value${near}`;
}

/** A value or a list of them: what is told is about the form that was chosen. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path): Problem {
  const chosen = issue.errors.find(([first]) => first !== undefined && (first.code !== "invalid_type" || first.path.length > 0))?.[0];
  if (chosen !== undefined) return { path: [...path, ...(chosen.path as Path)], message: messageOf(chosen, chosen.path as Path) };
  if (issue.input === undefined) return { path, message: "it is missing" };
  const forms = issue.errors.flatMap(([first]) => (first?.code === "invalid_type" ? [expected[first.expected] ?? first.expected] : []));
  return { path, message: `expected ${forms.join(" or ")}` };
}

const expected: Partial<Readonly<Record<string, string>>> = {
  object: "mapping",
  record: "mapping",
  array: "list",
  int: "whole number",
  boolean: "true or false",
};

function meantField(key: string, known: readonly string[]): string {
  const now = newForm(key, known);
  return now === undefined ? meant(key, known) : `; it is now "${now}"`;
}

/** Returns `; did you mean "NAME"?` where one of the known names is near. */
export function meant(name: string, known: readonly string[]): string {
  const near = suggest(name, known);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** Returns problems as faults of the text, each with the place that it is about. */
export function placeProblems(problems: readonly Problem[], document: YamlDocument): readonly (Fault & Place)[] {
  return problems.map(({ path, key = false, message }) => {
    const at = formatPath(path);
    return { ...document.place(path, key ? "key" : "value"), ...(at !== "" && { path: at }), message };
  });
}

/** Returns the error that tells all faults of a text by line and column, in their order: as data all of them, in its message no more than a person reads. */
export function faultError(file: string, faults: readonly Fault[], positionOf: (offset: number) => Position): FairleadError {
  const problems = [...faults]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, path = null, message }): FileProblem => ({ file, ...positionOf(offset), path, message }));
  const byLine = new Map(problems.map((each) => [formatProblem(each), each]));
  const told = [...byLine.keys()];
  const shown = told.length > mostShown ? [...told.slice(0, mostShown), `${file}: and ${told.length - mostShown} more`] : told;
  return new FairleadError("input", shown.join("; "), {
    fields: shown.map((message) => ({ field: "", message })),
    problems: [...byLine.values()],
    hint: "see docs/configuration.md for every field, and an example",
  });
}

/** Returns a problem as one line, such as `fairlead.yaml:12:7 routes[1].when.branch: expected string`. */
export function formatProblem({ file, line, column, path, message }: FileProblem): string {
  return `${[file, line, column].filter((each) => each !== null).join(":")} ${path === null ? "" : `${path}: `}${message}`;
}

/** Returns the way to a field as text, such as `routes[1].when`; empty for the whole. */
export function formatPath(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`))
    .join("")
    .replace(/^\./, "");
}
