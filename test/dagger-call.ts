/** `dagger call` on our module, or on another, as a person runs it. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { follow, type Ended, type Running } from "./cli.ts";
import { prepareEngine } from "./doubles/bridge.ts";

/** The options of a call, beside its arguments. */
export interface CallOptions {
  /** The folder of the module; ours by default. */
  readonly module?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs `dagger call` to its end: `stdout` is the result, `stderr` the progress and the error, both in plain text. */
export async function daggerCall(args: readonly string[], options: CallOptions = {}): Promise<Ended> {
  const { code, stdout, stderr } = await (await startDaggerCall(args, options)).ended;
  return { code, stdout: stripVTControlCharacters(stdout).trimEnd(), stderr: stripVTControlCharacters(stderr) };
}

/** Starts `dagger call`, to be stopped by a signal. */
export async function startDaggerCall(args: readonly string[], { module = root, env = {} }: CallOptions = {}): Promise<Running> {
  const all = { ...process.env, ...(await prepareEngine()), ...env };
  return follow(spawn("dagger", ["call", "--progress=plain", ...args], { cwd: module, env: all, stdio: ["ignore", "pipe", "pipe"] }));
}

/** Returns the error that ended a call: its message, which has its hint on a line of its own. */
export function callError({ stderr }: Ended): string {
  const [, message = ""] = /^Error: (.*)$/ms.exec(stderr) ?? [];
  return message.replace(/\s*\[traceparent:[^\]]*\]/g, "").trim();
}
