import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What a run of the command line left. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = fileURLToPath(new URL("../bin/fairlead.ts", import.meta.url));

/** Runs `fairlead` as a person would, with these variables beside the machine's PATH and HOME. */
export function fairlead(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return startFairlead(args, env).ended;
}

/** Starts `fairlead`, to be stopped by a signal. */
export function startFairlead(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly ended: Promise<Ended>; stop(signal: NodeJS.Signals): void } {
  const { PATH, HOME, FAIRLEAD_ENGINE, _EXPERIMENTAL_DAGGER_RUNNER_HOST } = process.env;
  const inherited = Object.entries({ PATH, HOME, FAIRLEAD_ENGINE, _EXPERIMENTAL_DAGGER_RUNNER_HOST }).filter(
    ([, value]) => value !== undefined,
  );
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(inherited), ...env },
  });
  const ended = (async (): Promise<Ended> => {
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  })();
  return { ended, stop: (signal) => child.kill(signal) };
}
