import type { Ports } from "../../../src/core/run/ports.ts";
import type { RunOptions } from "../../../src/core/run/run-options.ts";
import { memoryJournal } from "../../../src/core/run/journal.ts";
import type { ReportEntry } from "../../../src/core/run/report.ts";
import { createRedactor } from "../../../src/core/secret.ts";
import { publicServers } from "../../../src/core/servers.ts";

/** Ports that lead nowhere. Each run asks only whether it may get into its repositories, and it may. */
export const noPorts = { git: { checkAccess: () => Promise.resolve() } } as unknown as Ports;

/** Returns the options of a run that keeps its report, waits for nothing, and reaches nothing outside. */
export function quietRun(options: Partial<RunOptions> = {}): RunOptions & { readonly reported: readonly ReportEntry[] } {
  const reported: ReportEntry[] = [];
  return {
    ports: () => noPorts,
    id: "run-1",
    began: new Date("2026-01-02T03:04:05Z"),
    resumed: false,
    signal: new AbortController().signal,
    dryRun: false,
    report: (entry) => reported.push(entry),
    journal: memoryJournal(),
    redactor: createRedactor(),
    servers: publicServers,
    now: () => new Date("2026-01-02T03:04:05Z"),
    delay: () => Promise.resolve(),
    reported,
    ...options,
  };
}
