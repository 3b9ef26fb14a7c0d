/** `dagger call` on our module, or on another, as a person runs it. */
import { fileURLToPath } from "node:url";
import { dagger } from "./dagger/dagger.ts";
import type { Ended } from "./cli.ts";

/** What a call is given beside its arguments. */
export interface CallOptions {
  /** The folder of the module: ours unless told. */
  readonly module?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs `dagger call` to its end: `stdout` is the result, `stderr` the progress and the error, both in plain text. */
export async function daggerCall(args: readonly string[], { module = root, env = {} }: CallOptions = {}): Promise<Ended> {
  const { code, result, said } = await dagger(module, ["call", "--progress=plain", ...args], env);
  return { code, stdout: result, stderr: said };
}

/** Returns the error that ended a call: its message, which has its hint on a line of its own. */
export function callError({ stderr }: Ended): string {
  const [, message = ""] = /^Error: (.*)$/ms.exec(stderr) ?? [];
  return message.replace(/\s*\[traceparent:[^\]]*\]\s*$/, "").trim();
}
