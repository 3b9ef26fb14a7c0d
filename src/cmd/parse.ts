import { parseArgs } from "node:util";
import { FairleadError, type FieldProblem } from "../core/errors.ts";
import type { Filled, Values } from "./command.ts";
import { flagName, isRepeatable, positionals, spelled, type Flag } from "./flag.ts";
import { readValue } from "./read-value.ts";
import { suggest } from "../core/text/suggest.ts";

/** The findings of one pass over the arguments: values by field, all problems, and hints. */
interface Findings {
  readonly given: Map<Flag, (string | boolean)[]>;
  readonly problems: FieldProblem[];
  readonly hints: string[];
}

/** One item of the command line: a flag, with its value if it has one, or an argument. */
type Word = { readonly flag: string; readonly value: string | undefined; readonly inline: boolean } | { readonly argument: string };

/** What was typed: the values that could be read, and what else was found. */
export interface Typed {
  readonly values: Values;
  readonly findings: Findings;
}

/**
 * Returns the values of a command's arguments, by field.
 * Throws `input` with all problems at once: unknown or repeated flags, missing or extra values and arguments, secrets
 * in plain text.
 */
export function parse(command: string, flags: readonly Flag[], argv: readonly string[]): Values {
  return complete(command, flags, readTyped(flags, argv));
}

/** Returns what was typed as far as it can be read: `complete` throws the problems. */
export function readTyped(flags: readonly Flag[], argv: readonly string[]): Typed {
  const findings: Findings = { given: new Map(), problems: [], hints: [] };
  const places = [...positionals(flags)];
  for (const word of words(argv, flags)) {
    if ("flag" in word) take(findings, flags, word);
    else takeArgument(findings, flags, nextPlace(places), word.argument);
  }
  const values = Object.fromEntries([...findings.given].map(([flag, given]) => [flag.name, readOrNote(findings, flag, given)]));
  return { values, findings };
}

/** Returns the values that were typed, and beside them those that files say. Throws as `parse` does. */
export function complete(command: string, flags: readonly Flag[], { values, findings }: Typed, filled?: Filled): Values {
  const all = { ...filled?.values, ...values };
  noteMissing(findings, flags, all);
  if (findings.problems.length > 0) throw usageError(command, findings);
  return all;
}

/**
 * Takes the next positional from the list. A repeatable one stays: it is the last, and takes all remaining arguments.
 */
function nextPlace(places: Flag[]): Flag | undefined {
  const [place] = places;
  return place !== undefined && isRepeatable(place) ? place : places.shift();
}

function takeArgument({ given, problems, hints }: Findings, flags: readonly Flag[], place: Flag | undefined, argument: string): void {
  const folder = flags.find(({ kind, insteadOf }) => kind === "directory" && insteadOf !== undefined && insteadOf === place?.name);
  if (place === undefined) {
    problems.push({ field: "", message: `unexpected argument "${argument}"` });
    if (/\.ya?ml$/.test(argument) && flags.some(({ name }) => name === "config"))
      hints.push(`name the configuration by --config ${argument}`);
  } else if (folder !== undefined && /^([./~]|$)/.test(argument)) {
    problems.push({ field: place.name, message: `"${argument}" is a path` });
    hints.push(`give the path by ${spelled(folder)}`);
  } else given.set(place, [...(given.get(place) ?? []), argument]);
}

/**
 * Reads Node's tokens without its configuration. Which flag takes a value is decided here: `--image --tag x` has no
 * value for `--image`.
 */
function* words(argv: readonly string[], flags: readonly Flag[]): Generator<Word> {
  const { tokens } = parseArgs({ args: [...argv], strict: false, tokens: true, allowPositionals: true });
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind === "positional") yield { argument: token.value };
    if (token?.kind !== "option") continue;
    const next = tokens[index + 1];
    const inline = token.value !== undefined;
    const separate = !inline && next?.kind === "positional" && takesValue(token.rawName, flags) ? next.value : undefined;
    if (separate !== undefined) index++;
    yield { flag: token.rawName, value: token.value ?? separate, inline };
  }
}

/** An unknown flag takes a value too, so that one mistake is one problem. */
function takesValue(rawName: string, flags: readonly Flag[]): boolean {
  return find(rawName, flags)?.flag.kind !== "boolean";
}

function find(rawName: string, flags: readonly Flag[]): { flag: Flag; on: boolean } | undefined {
  for (const flag of flags) {
    if (flag.positional !== undefined) continue;
    if (rawName === `--${flagName(flag)}` || (flag.short !== undefined && rawName === `-${flag.short}`)) return { flag, on: true };
    if (flag.kind === "boolean" && rawName === `--no-${flagName(flag)}`) return { flag, on: false };
  }
  return undefined;
}

function take({ given, problems, hints }: Findings, flags: readonly Flag[], word: Extract<Word, { flag: string }>): void {
  const found = find(word.flag, flags);
  const field = found?.flag.name ?? "";
  const wrong = (message: string): void => void problems.push({ field, message });
  if (found === undefined) {
    wrong(`unknown flag ${word.flag}`);
    const near = suggest(word.flag, flags.filter((flag) => flag.positional === undefined).map(spelled));
    if (near !== undefined) hints.push(near);
  } else if (found.flag.kind === "boolean") {
    if (word.inline && !/^(true|false)$/.test(word.value ?? "")) wrong(`"${word.value}" is neither true nor false`);
    else if (given.has(found.flag)) wrong("it is given twice");
    else given.set(found.flag, [word.value === "false" ? !found.on : found.on]); // templates of CI systems write --dry-run=false
  } else if (word.value === undefined || word.value === "") wrong("its value is missing");
  else if (isRepeatable(found.flag)) given.set(found.flag, [...(given.get(found.flag) ?? []), word.value]);
  else if (given.has(found.flag)) wrong("it is given twice");
  else given.set(found.flag, [word.value]);
}

function readOrNote({ problems, hints }: Findings, flag: Flag, given: readonly (string | boolean)[]): unknown {
  try {
    return readValue(flag, given);
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    problems.push({ field: flag.name, message: error.message });
    if (error.hint !== undefined && !hints.includes(error.hint)) hints.push(error.hint);
    return undefined;
  }
}

/** A mistyped flag, or one without its value, is not reported as missing as well. */
function noteMissing({ given, problems, hints }: Findings, flags: readonly Flag[], values: Values): void {
  const noted = problems.map(({ field }) => field);
  for (const flag of flags) {
    if (!flag.required || given.has(flag) || values[flag.name] !== undefined || noted.includes(flag.name) || hints.includes(spelled(flag)))
      continue;
    const choices = flag.positional === undefined ? [] : (flag.choices ?? []);
    problems.push({
      field: flag.name,
      message: choices.length === 0 ? "it is missing" : `it is missing: name one of ${choices.join(", ")}`,
    });
  }
}

function usageError(command: string, { problems, hints }: Findings): FairleadError {
  const guesses = hints.filter((hint) => hint.startsWith("--"));
  const others = hints.filter((hint) => !hint.startsWith("--"));
  const meant = guesses.length === 0 ? [] : [`did you mean ${guesses.join(", ")}?`];
  const hint = others.length > 0 ? others.join("; ") : [...meant, `run fairlead ${command} --help`].join(" ");
  return new FairleadError("input", `${command}: ${problems.map(({ message }) => message).join("; ")}`, { hint, fields: problems });
}
