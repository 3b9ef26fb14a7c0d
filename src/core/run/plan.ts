import { stepLabel, type ReportEntry } from "./report.ts";
import type { Change } from "./change.ts";
import type { Json } from "../json.ts";
import { plainLine, type Line, type Style, type Text } from "../text/line.ts";

/** The plan of one step in a dry run. */
export type PlannedStep = {
  readonly step: string;
  readonly key: string;
  readonly changes: readonly Change[];
  readonly diff: string | null;
};

const signs = { create: "+", update: "~", delete: "-", run: ">" } as const;
const colours = { create: "green", update: "yellow", delete: "red", run: "cyan" } as const;

/** Returns a collector of a run's plan: the steps in the order of their start, each with its last plan. */
export function planCollector(): { collect(entry: ReportEntry): void; steps(): readonly PlannedStep[] } {
  const found = new Map<number, PlannedStep>();
  return {
    collect(entry) {
      if (entry.type === "step-started") found.set(entry.id, { step: entry.step, key: entry.key, changes: [], diff: null });
      const started = entry.type === "step-planned" ? found.get(entry.id) : undefined;
      if (entry.type === "step-planned" && started !== undefined) {
        found.set(entry.id, { ...started, changes: entry.changes, diff: entry.diff ?? null });
      }
    },
    steps: () => [...found.values()],
  };
}

/** Returns a plan as JSON. A change that creates has no `from`. */
export function planJson(steps: readonly PlannedStep[]): Json {
  return steps.map(({ changes, ...step }) => ({ ...step, changes: changes.map((change) => ({ ...change })) }));
}

/** Returns a plan for people: each step with its changes and diff, then a line of counts. */
export function formatPlan(steps: readonly PlannedStep[]): Text {
  const blocks = steps.flatMap(({ step, key, changes, diff }): Text => [
    `${stepLabel(step, key)}${changes.length === 0 ? ": unchanged" : ""}`,
    ...changes.flatMap((change) => changeLines(change).map((line) => indented(2, [{ style: colours[change.action], text: line }]))),
    ...(diff === null ? [] : formatDiff(diff).map((line) => indented(4, line))),
  ]);
  return [...blocks, countLine(steps)];
}

/** Returns a change as lines: `~ update TARGET: FROM → TO`. A value of several lines goes below. */
export function changeLines({ action, target, from, to }: Change): readonly string[] {
  const values = [from, to].filter((value) => value !== undefined);
  const head = `${signs[action]} ${action} ${target}`;
  if (values.length === 0) return [head];
  if (!values.some((value) => value.includes("\n"))) return [`${head}: ${values.join(" → ")}`];
  return [`${head}:`, ...values.flatMap((value) => value.split("\n")).map((line) => (line === "" ? "" : `    ${line}`))];
}

/** Returns a unified diff as lines, painted as Git paints it. */
export function formatDiff(diff: string): Text {
  const lines = diff.replace(/\n$/, "").split("\n");
  return lines.map((line) => {
    const style = styleOf(line);
    return style === undefined ? line : [{ style, text: line }];
  });
}

function styleOf(line: string): Style | undefined {
  if (/^(---|\+\+\+) /.test(line)) return "bold";
  if (line.startsWith("@@")) return "cyan";
  if (line.startsWith("+")) return "green";
  return line.startsWith("-") ? "red" : undefined;
}

function countLine(steps: readonly PlannedStep[]): string {
  const all = steps.flatMap(({ changes }) => changes);
  const counts = (["create", "update", "delete", "run"] as const)
    .map((action) => ({ action, count: all.filter((change) => change.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} to ${action}`);
  return counts.length === 0 ? "plan: nothing to do" : `plan: ${counts.join(", ")}; nothing was changed`;
}

function indented(by: number, line: Line): Line {
  if (plainLine(line) === "") return line;
  const space = " ".repeat(by);
  return typeof line === "string" ? `${space}${line}` : [space, ...line];
}
