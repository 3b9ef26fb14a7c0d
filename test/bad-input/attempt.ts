import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { startFairlead, type Ended } from "../cli.ts";
import type { World } from "../pipelines/world.ts";

/** Placeholders in a test for texts that differ from run to run: `{ "127.0.0.1:41234": "REGISTRY" }`. */
export type Names = Readonly<Record<string, string>>;

/** A run in progress. */
export interface Attempt {
  /** The exit code, and all warnings and messages of the failure. */
  readonly outcome: Promise<string>;
  /** Returns all that it has printed on stderr so far. */
  readonly said: () => string;
  /** Sends the signal, and waits until the run has said that it is being stopped. */
  stop(signal: NodeJS.Signals): Promise<void>;
  quit(): void;
}

/** Runs `fairlead` and returns its end, as `startAttempt` does. */
export async function attempt(args: readonly string[], env: Readonly<Record<string, string>> = {}, names: Names = {}): Promise<string> {
  return (await startAttempt(args, env, names)).outcome;
}

/**
 * Starts `fairlead`. Whatever the result: no canary is printed, every line is a known one, and its temporary folder is
 * empty at the end.
 */
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
    said: running.said,
    async stop(signal) {
      running.stop(signal);
      await running.printed("stopping (");
    },
    quit: () => running.stop("SIGINT"),
  };
}

/** Returns the placeholders for the hosts of a world. */
export function namesOf({ github, registry, slack }: World): Names {
  return { [github.host]: "GITHUB", [registry.host]: "REGISTRY", [slack.host]: "SLACK" };
}

/** Steps are printed with their times first; the messages of a failure come last. */
function outcomeOf({ code, stdout, stderr }: Ended, names: Names): string {
  expect(stdout + stderr).not.toContain("canary");
  const lines = stderr.trimEnd().split("\n");
  const begins = lines.findIndex((line) => /^( {2}\| |fairlead: )/.test(line));
  const before = begins < 0 ? lines : lines.slice(0, begins);
  const warnings = before.filter((line) => /^(warning: |stopping \()/.test(line));
  const known =
    /^([a-z-]+ .*: (started|((done|unchanged|failed|stopped) \(.*\).*))|nothing (?:to do|was changed): .*|engine: .*|(copy|push) to .* layers?, .*| {2}\[.*\d+\/\d+\] .*| {4}.*|)$/;
  expect(before.filter((line) => !warnings.includes(line) && !known.test(line))).toEqual([]);
  const messages = [...warnings, ...(begins < 0 ? [] : lines.slice(begins))];
  return [`exit code ${code}`, ...messages.map((line) => withNames(line, names))].join("\n");
}

function withNames(text: string, names: Names): string {
  const named = Object.entries(names).reduce((line, [value, name]) => line.replaceAll(value, name), text);
  return named
    .replace(/after \d+ ms/, "after N ms")
    .replace(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replace(/\b[0-9a-f]{40}\b|(?<=[@-])[0-9a-f]{12}\b/g, "SHA");
}
