import { readFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { engineStatus } from "../src/dagger/engine/native.ts";
import type { Bench, Contender } from "./bench.ts";
import { spreadOf, type Spread } from "./measure.ts";

/** The result of a bench. */
export interface Measured {
  readonly rounds: number;
  readonly contenders: readonly Contender[];
  /** In milliseconds, as `measure` returns them. */
  readonly times: readonly (readonly number[])[];
  /** Markdown, or nothing. */
  readonly details: string;
  readonly remarks: readonly string[];
  readonly machine: string;
}

/** Returns the machine's line: everything but the code that decides how fast it is. */
export async function describeMachine(): Promise<string> {
  const model = /^model name\s*: (.*)$/m.exec(await readFile("/proc/cpuinfo", "utf8"))?.[1] ?? "an unknown CPU";
  const engine = await engineStatus();
  return [
    `${cpus().length} cores of ${model}`,
    `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
    `Dagger engine ${engine.version} without Docker`,
    `load average ${loadavg()[0]?.toFixed(2) ?? "unknown"} at the start`,
  ].join(", ");
}

/** Returns the result as Markdown. */
export function formatResult(bench: Bench, { rounds, contenders, times, details, remarks, machine }: Measured): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join("");
  return `# ${bench.name}

${bench.question}

${formatTable(contenders, times)}
${details === "" ? "" : `${details}\n`}${list([`${rounds} rounds in turn after one to warm up; wall time; the ratio is that of each round's pair.`, ...remarks])}
Machine: ${machine}.

To read it:

${list(bench.notes)}
Run it again: \`npm run bench -- ${bench.name}\`.
`;
}

function formatTable(contenders: readonly Contender[], times: readonly (readonly number[])[]): string {
  const rows = contenders.map(({ name, row, goal }, index) => {
    const first = contenders.findIndex((each) => each.row === row);
    const [own = [], peer = []] = [times[index], times[first]];
    const ratio = index === first ? "1" : formatSpread(spreadOf(own.map((time, round) => time / peer[round]!)), 2);
    return [row === undefined ? name : `${row}: ${name}`, formatSpread(spreadOf(own), 0), ratio, goal === undefined ? "" : `≤ ${goal}`];
  });
  const table = [["", "ms: median (min–max)", "× peer: median (min–max)", "goal"], ["---", "---:", "---:", "---"], ...rows];
  return table.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function formatSpread({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
