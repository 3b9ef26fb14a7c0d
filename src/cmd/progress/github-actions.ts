import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { changeLine } from "../../core/run/plan.ts";
import type { Io } from "../io.ts";
import { endedLine } from "./lines.ts";
import { createReporter, type Ended, type EndedStep, type Reporter } from "./reporter.ts";
import { plainLine, workflowCommand } from "./workflow-command.ts";

/**
 * Returns a reporter for a GitHub Actions job: a log group for each step, warnings as annotations, a job summary, and
 * outputs.
 * Groups cannot nest: of parallel steps one is shown live, the others after it.
 */
export function gitHubActionsReporter({ stderr, now, env }: Pick<Io, "stderr" | "now" | "env">, verbose: boolean): Reporter {
  const groups = new Map<number, string[]>();
  const ended: EndedStep[] = [];
  let open: number | undefined;
  const write = (line: string): void => void stderr.write(`${plainLine(line)}\n`);
  const writeTo = (id: number, line: string): void => void (id === open ? write(line) : groups.get(id)?.push(line));
  const openNext = (): void => {
    const [next] = groups;
    if (open !== undefined || next === undefined) return;
    const [id, [title = "", ...lines]] = next;
    open = id;
    stderr.write(workflowCommand("group", title));
    lines.forEach(write);
    const step = ended.find((each) => each.id === id);
    if (step !== undefined) closeGroup(step);
  };
  const closeGroup = (step: EndedStep): void => {
    stderr.write(workflowCommand("endgroup", ""));
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
    planned: (id, changes) =>
      changes.forEach((change) =>
        changeLine(change)
          .split("\n")
          .forEach((line) => writeTo(id, line)),
      ),
    ended(step) {
      ended.push(step);
      if (step.id === open) closeGroup(step);
    },
    warning: (message) => void stderr.write(workflowCommand("warning", message)),
    log: (line) => verbose && write(`  | ${line}`),
    notice: write,
    close(output) {
      append(env.GITHUB_STEP_SUMMARY, ended.length === 0 ? "" : summary(ended));
      append(env.GITHUB_OUTPUT, outputs(output));
    },
  });
}

/** Returns the job summary: a Markdown table of the steps. */
function summary(steps: readonly EndedStep[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");
  const rows = steps.map(
    ({ label, outcome, time, message }) => `| ${cell(label)} | ${cell(message === "" ? outcome : `${outcome}: ${message}`)} | ${time} |`,
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

function append(path: string | undefined, text: string): void {
  if (path !== undefined && path !== "" && text !== "") appendFileSync(path, text);
}
