import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { startFairlead, type Ended } from "../cli.ts";
import type { World } from "../pipelines/world.ts";

/** What differs from run to run, and what stands for it in a test: `{ "127.0.0.1:41234": "REGISTRY" }`. */
export type Names = Readonly<Record<string, string>>;

/** A run that is under way. */
export interface Attempt {
  /** The exit code, and all that was told of warnings and of the failure. */
  readonly outcome: Promise<string>;
  /** Sends the signal, and waits until it is told that the run is being stopped. */
  stop(signal: NodeJS.Signals): Promise<void>;
  quit(): void;
}

/** Runs `fairlead` and returns how it ended, as `startAttempt` says. */
export async function attempt(args: readonly string[], env: Readonly<Record<string, string>> = {}, names: Names = {}): Promise<string> {
  return (await startAttempt(args, env, names)).outcome;
}

/** Starts `fairlead`. Whatever comes of it: no canary is printed, every line is one that we know, and its temporary folder is empty at the end. */
export async function startAttempt(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  names: Names = {},
): Promise<Attempt> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-attempt-"));
  const running = startFairlead(args, { ...env, TMPDIR: folder });
  const outcome = running.ended.then(async (end) => {
    const left = await readdir(folder);
    await rm(folder, { recursive: true });
    expect(left).toEqual([]);
    return outcomeOf(end, { ...names, [folder]: "TMPDIR" });
  });
  return {
    outcome,
    async stop(signal) {
      running.stop(signal);
      await running.printed("stopping: ");
    },
    quit: () => running.stop("SIGINT"),
  };
}

/** Returns what stands for the hosts of a world. */
export function namesOf({ github, registry, slack }: World): Names {
  return { [github.host]: "GITHUB", [registry.host]: "REGISTRY", [slack.host]: "SLACK" };
}

/** Steps are told with their times before anything else: what is told of a failure comes last. */
function outcomeOf({ code, stdout, stderr }: Ended, names: Names): string {
  expect(stdout + stderr).not.toContain("canary");
  const lines = stderr.trimEnd().split("\n");
  const begins = lines.findIndex((line) => /^( {2}\| |fairlead: )/.test(line));
  const before = begins < 0 ? lines : lines.slice(0, begins);
  const warnings = before.filter((line) => /^(warning|stopping): /.test(line));
  const known = /^([a-z-]+ .*: (started|((done|unchanged|failed) \(.*\).*))|nothing to do: .*|engine: .*|)$/;
  expect(before.filter((line) => !warnings.includes(line) && !known.test(line))).toEqual([]);
  const told = [...warnings, ...(begins < 0 ? [] : lines.slice(begins))];
  return [`exit code ${code}`, ...told.map((line) => withNames(line, names))].join("\n");
}

function withNames(text: string, names: Names): string {
  const named = Object.entries(names).reduce((line, [value, name]) => line.replaceAll(value, name), text);
  return named
    .replace(/after \d+ ms/, "after N ms")
    .replace(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replace(/\b[0-9a-f]{40}\b|(?<=[@-])[0-9a-f]{12}\b/g, "SHA");
}
