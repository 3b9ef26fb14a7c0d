/** `dagger` as a person runs it after `eval "$(fairlead engine env)"`. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { prepareEngine } from "../doubles/bridge.ts";

/** The result of a call: `said` is its progress and its error, in plain text. */
export interface Called {
  readonly code: number | null;
  readonly result: string;
  readonly said: string;
}

/** Runs `dagger` on the native engine, in a folder. */
export async function dagger(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Called> {
  return runIn(folder, "dagger", args, { ...process.env, ...(await prepareEngine()), ...env });
}

/** Runs a command to its end. */
export async function runIn(folder: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Called> {
  const child = spawn(command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const closed = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [result, said, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, result: stripVTControlCharacters(result).trimEnd(), said: stripVTControlCharacters(said) };
}
