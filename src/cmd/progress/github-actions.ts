import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { FairleadError } from "../../core/errors.ts";
import { changeLines } from "../../core/run/plan.ts";
import { markdownCell } from "../../core/text/markdown.ts";
import type { Io } from "../io.ts";
import { printerTo } from "../print.ts";
import { endedLine, transferLine } from "./lines.ts";
import { createReporter, type Ended, type EndedStep, type Reporter } from "./reporter.ts";

/**
 * Returns a reporter for a GitHub Actions job: a log group for each step, warnings as annotations, a job summary, and
 * outputs.
 * Groups cannot nest: of parallel steps one is shown live, the others after it.
 */
export function gitHubActionsReporter({ stderr, now, env }: Pick<Io, "stderr" | "now" | "env">, verbose: boolean): Reporter {
  const groups = new Map<number, string[]>();
  const ended: EndedStep[] = [];
  let open: number | undefined;
  const printer = printerTo(stderr, env);
  const write = (line: string): void => printer.lines([line]);
  const writeTo = (id: number, line: string): void => void (id === open ? write(line) : groups.get(id)?.push(line));
  const openNext = (): void => {
    const [next] = groups;
    if (open !== undefined || next === undefined) return;
    const [id, [title = "", ...lines]] = next;
    open = id;
    printer.command("group", [title]);
    lines.forEach(write);
    const step = ended.find((each) => each.id === id);
    if (step !== undefined) closeGroup(step);
  };
  const closeGroup = (step: EndedStep): void => {
    printer.command("endgroup", []);
    write(endedLine(step));
    groups.delete(step.id);
    open = undefined;
    openNext();
  };
  return createReporter(now, {
    started(id, label) {
      groups.set(id, [label]);
      openNext();
    },
    planned: (id, changes) => changes.flatMap(changeLines).forEach((line) => writeTo(id, line)),
    ended(step) {
      ended.push(step);
      if (step.id === open) closeGroup(step);
    },
    warning: (message) => printer.command("warning", [message]),
    transfer: (entry) => entry.ended && write(transferLine(entry)),
    log: (line) => verbose && write(`  | ${line}`),
    notice: write,
    close(output) {
      const unseen = append("GITHUB_STEP_SUMMARY", env, ended.length === 0 ? "" : summary(ended));
      if (unseen !== undefined) printer.command("warning", [unseen.message]);
      return writeOutputs(env, output);
    },
  });
}

/** Writes the outputs of a job's step. Returns why they cannot be written, if so. */
export function writeOutputs(env: Io["env"], output: Ended | undefined): FairleadError | undefined {
  return append("GITHUB_OUTPUT", env, outputs(output));
}

/** UTF-16 units of a label or an error in the job summary. */
const longestCell = 2_000;

/** Returns the job summary: a Markdown table of the steps. */
function summary(steps: readonly EndedStep[]): string {
  const rows = steps.map(
    ({ label, outcome, time, message }) =>
      `| ${markdownCell(label, longestCell)} | ${message === "" ? outcome : `${outcome}: ${markdownCell(message, longestCell)}`} | ${time} |`,
  );
  return ["| step | outcome | time |", "|---|---|---|", ...rows, "", ""].join("\n");
}

/** Returns the outputs of a job's step. A failed command has none; an empty output is listed all the same. */
function outputs(output: Ended | undefined): string {
  if (output === undefined) return "";
  const all = { ...output.outputs, result: JSON.stringify(output.json) };
  return Object.entries(all).map(outputFile).join("");
}

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings: nobody can guess where a value ends. */
function outputFile([name, value]: readonly [string, string]): string {
  const delimiter = `fairlead_${randomUUID()}`;
  return `${name}<<${delimiter}
${value}
${delimiter}
`;
}

/** Appends to the file that a variable names. Returns why it cannot be written. */
function append(variable: string, env: Io["env"], text: string): FairleadError | undefined {
  const path = env[variable] ?? "";
  if (path === "" || text === "") return undefined;
  try {
    appendFileSync(path, text);
    return undefined;
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    return new FairleadError("input", `write ${variable}: its file cannot be written (${code})`, {
      hint: `let ${variable} name a file that this job may write`,
      cause,
    });
  }
}
