import { stepLabel, type ReportEntry } from "./report.ts";
import type { Change } from "./change.ts";
import type { Json } from "../json.ts";

/** The plan of one step in a dry run. */
export type PlannedStep = {
  readonly step: string;
  readonly key: string;
  readonly changes: readonly Change[];
  readonly diff: string | null;
};

/** Paints a text in a colour or weight, if the output can show it. */
export type Paint = (style: "green" | "yellow" | "red" | "cyan" | "bold", text: string) => string;

const signs = { create: "+", update: "~", delete: "-", run: ">" } as const;
const colours = { create: "green", update: "yellow", delete: "red", run: "cyan" } as const;

const unpainted: Paint = (_, text) => text;

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
export function formatPlan(steps: readonly PlannedStep[], paint = unpainted): string {
  const blocks = steps.map(({ step, key, changes, diff }) =>
    [
      `${stepLabel(step, key)}${changes.length === 0 ? ": unchanged" : ""}`,
      ...changes.map((change) => indented(2, paint(colours[change.action], changeLine(change)))),
      ...(diff === null ? [] : [indented(4, formatDiff(diff, paint))]),
    ].join("\n"),
  );
  return [...blocks, countLine(steps)].join("\n");
}

/** Returns a change as text: `~ update TARGET: FROM → TO`. Text of several lines goes below. */
export function changeLine({ action, target, from, to }: Change): string {
  const values = [from, to].filter((value) => value !== undefined);
  const head = `${signs[action]} ${action} ${target}`;
  if (values.length === 0) return head;
  if (values.some((value) => value.includes("\n"))) return [`${head}:`, ...values.map((value) => indented(4, value))].join("\n");
  return `${head}: ${values.join(" → ")}`;
}

/** Returns a unified diff, painted as Git paints it. */
export function formatDiff(diff: string, paint = unpainted): string {
  const lines = diff.replace(/\n$/, "").split("\n");
  return lines
    .map((line) => {
      if (/^(---|\+\+\+) /.test(line)) return paint("bold", line);
      if (line.startsWith("@@")) return paint("cyan", line);
      if (line.startsWith("+")) return paint("green", line);
      return line.startsWith("-") ? paint("red", line) : line;
    })
    .join("\n");
}

function countLine(steps: readonly PlannedStep[]): string {
  const all = steps.flatMap(({ changes }) => changes);
  const counts = (["create", "update", "delete", "run"] as const)
    .map((action) => ({ action, count: all.filter((change) => change.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} to ${action}`);
  return counts.length === 0 ? "plan: nothing to do" : `plan: ${counts.join(", ")}; nothing was changed`;
}

function indented(by: number, text: string): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}
