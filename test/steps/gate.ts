/** Runs a step of a gate against the double of GitHub, by a clock that the run's pauses move on. */
import { z } from "zod";
import {
  createRedactor,
  definePipeline,
  openRun,
  repository,
  runPipeline,
  type Context,
  type Json,
  type Repository,
  type Step,
} from "../../src/library.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { ReportEntry } from "../../src/core/run/report.ts";
import { secretValue } from "../../src/secrets.ts";
import type { GitHub } from "../doubles/github.ts";

export const token = "ghp_canary0123456789";
const began = Date.parse("2026-01-02T03:04:05Z");

/** How a step has ended: its result, or its error as one line, and what it said that it waits for. */
export interface StepEnded {
  readonly result: Json;
  readonly waited: readonly string[];
}

export interface Waiting {
  /** Called with the number of the look that has found nothing, from 1. */
  readonly meanwhile?: (look: number) => unknown;
  readonly dryRun?: boolean;
}

/** Runs a step with the input that is made of the repository `acme/app` and of the end of its patience: a minute. */
export async function runStep<In, Out extends Json>(
  github: GitHub,
  step: Step<In, Out>,
  input: (to: Repository, until: Date) => In,
  { meanwhile, dryRun = false }: Waiting = {},
): Promise<StepEnded> {
  const reported: ReportEntry[] = [];
  const waits = definePipeline({
    name: "waits",
    summary: "Wait",
    examples: ["waits https://github.com/acme/app"],
    runs: "our code",
    input: z.object({ repository: repository() }),
    output: z.json(),
    steps: [step],
    async run(ctx: Context, { repository: to }) {
      return (await ctx.run(step, input(to, new Date(began + 60_000)))).result;
    },
  });
  const redactor = createRedactor();
  const credentials = [{ for: github.host, kind: "token" as const, secret: secretValue(token, "token", redactor) }];
  const servers = { settings: { github: { url: github.url, api: github.apiUrl } } };
  const report = (entry: ReportEntry): void => void reported.push(entry);
  await using open = openRun({ dryRun, report, signal: new AbortController().signal, redactor, servers, credentials });
  let [now, looks] = [began, 0];
  const pause = async (_wait: unknown, milliseconds: number): Promise<void> => {
    now += milliseconds;
    await meanwhile?.((looks += 1));
  };
  const options = { ...open.options, id: "run-1", began: new Date(began), now: () => new Date(now), pause };
  const result = await runPipeline(waits, options, { repository: `${github.url}/acme/app` }).catch((error: unknown) => {
    if (error instanceof FairleadError) return harmless(github, `${error.code}: ${error.message}`);
    throw error;
  });
  const notices = reported.flatMap((entry) => (entry.type === "notice" ? [harmless(github, entry.message)] : []));
  return { result: result, waited: notices };
}

function harmless(github: GitHub, text: string): string {
  return text.replaceAll(github.host, "HOST").replaceAll(/issuecomment-\d+|pullrequestreview-\d+/g, "ID");
}
