// `npm run bench` lists the benches; `npm run bench -- NAME` runs one, prints its table and keeps it in bench/results/.
// `npm run bench -- NAME ROUNDS` with fewer than ten rounds is a try, and keeps nothing. `npm run bench -- NAME ROUNDS FOLDER` runs an earlier version,
// built in that folder, beside this one.
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Bench } from "./bench.ts";
import { buildOverhead } from "./build-overhead.ts";
import { cliStart } from "./cli-start.ts";
import { clone } from "./clone.ts";
import { daggerCall } from "./dagger-call.ts";
import { deploy } from "./deploy.ts";
import { ingest } from "./ingest.ts";
import { measure } from "./measure.ts";
import { queue } from "./queue.ts";
import { reports } from "./report.ts";
import { describeMachine, formatResult } from "./result.ts";
import { retag } from "./retag.ts";
import { setImage } from "./set-image.ts";

const benches: readonly Bench[] = [buildOverhead, cliStart, clone, daggerCall, deploy, ingest, queue, reports, retag, setImage];
const enough = 10;

const [name, rounds = "20", before] = process.argv.slice(2);
const bench = benches.find((each) => each.name === name);
if (bench !== undefined && Number(rounds) >= 1) await run(bench, Number(rounds));
else {
  for (const each of benches) console.log(`${each.name.padEnd(16)}${each.question}`);
  if (name !== undefined) process.exitCode = 2;
}

async function run(bench: Bench, rounds: number): Promise<void> {
  const machine = await describeMachine();
  await using contest = await bench.open(before);
  const { contenders } = contest;
  const times = await measure(contenders, rounds, (round) => console.error(round === 0 ? "warming up" : `round ${round} of ${rounds}`));
  const details = (await contest.details?.()) ?? "";
  const remarks = (await contest.remarks?.()) ?? [];
  const result = formatResult(bench, { rounds, contenders, times, details, remarks, machine });
  console.log(result);
  if (rounds >= enough) console.error(`written to ${await keep(bench.name, result)}`);
}

/** Keeps the result under its day and name. Returns where, from here. */
async function keep(name: string, result: string): Promise<string> {
  const folder = join(import.meta.dirname, "results");
  const file = join(folder, `${new Date().toISOString().slice(0, 10)}-${name}.md`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, result);
  return relative(process.cwd(), file);
}
