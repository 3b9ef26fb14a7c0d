import { FairleadError, withDetails } from "../errors.ts";
import type { Recipe } from "./build.ts";
import { readInstructions, type Instruction } from "./dockerfile.ts";

/** A command of a Dockerfile that failed, as the engine ran it: `/bin/sh -c npm ci`. */
export interface FailedCommand {
  readonly command: string;
  readonly exitCode: string;
}

/** Returns the command that an engine's error names; undefined if it is about something else. */
export function failedCommand(message: string): FailedCommand | undefined {
  const [, quoted, exitCode = ""] = /^process "(.*)" did not complete successfully: exit code: (\d+)/s.exec(message) ?? [];
  return quoted === undefined ? undefined : { command: unquote(quoted), exitCode };
}

/** The engine quotes as Go does. For text that people write, that equals JSON. */
function unquote(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

/**
 * Returns the error of a build. If a `RUN` failed, its output ends with the lines of the Dockerfile around it, which is read only now, and its place is there.
 * An error that is no failed `RUN` is returned as it is, and so is any when the Dockerfile cannot be read or does not have the command.
 */
export async function withExcerpt(
  error: unknown,
  recipe: Pick<Recipe, "path" | "file" | "dockerfile"> | undefined,
  dagger: (use: Recipe["dockerfile"]) => Promise<string>,
): Promise<unknown> {
  if (!(error instanceof FairleadError) || !(error.cause instanceof Error) || recipe === undefined) return error;
  const ran = failedCommand(error.cause.message);
  if (ran === undefined) return error;
  const text = await dagger((dag) => recipe.dockerfile(dag)).catch(() => "");
  const run = failedRun(text, ran.command);
  if (run === undefined) return error;
  const output = [...error.output, ...excerptOf(text, recipe.path, ran.command)];
  return withDetails(error, { output, place: { file: recipe.file, line: run.lines[0] } });
}

function failedRun(text: string, command: string): Instruction | undefined {
  return readInstructions(text).find((each) => each.name === "RUN" && isRun(each, text, command));
}

/** Lines that are shown before and after the instruction, as `docker buildx` does. */
const around = 2;
const rule = "-".repeat(20);

/** Returns `Dockerfile:3`, and that line with its neighbours, marked and numbered; nothing if no `RUN` of the text has the command. */
export function excerptOf(text: string, path: string, command: string): readonly string[] {
  const run = failedRun(text, command);
  if (run === undefined) return [];
  const [first, last] = run.lines;
  const all = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const from = Math.max(first - around, 1);
  const shown = all.slice(from - 1, last + around).map((line, index) => {
    const number = from + index;
    const mark = number >= first && number <= last ? ">>>" : "   ";
    return ` ${String(number).padStart(3)} | ${mark} ${line}`.trimEnd();
  });
  return [`${path}:${first}`, rule, ...shown, rule];
}

/** The engine puts a shell before the command, leaves out the flags, and runs a here-document's own lines. */
function isRun({ text: written, lines }: Instruction, text: string, command: string): boolean {
  const ran = oneLine(command);
  const given = written.replace(/^(?:--\S+\s+)*/, "");
  const document = text
    .split(/\r?\n/)
    .slice(lines[0], lines[1] - 1)
    .join("\n");
  const candidates = [wordsOf(given) ?? given, ...(given.includes("<<") ? [document] : [])].map(oneLine);
  return candidates.some((each) => each !== "" && (ran === each || ran.endsWith(` ${each}`)));
}

/** Returns the words of the form `["npm", "ci"]`, or undefined. */
function wordsOf(text: string): string | undefined {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? words.join(" ") : undefined;
  } catch {
    return undefined;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
