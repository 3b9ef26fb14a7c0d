/** Other programs, and what is printed here. */
import type { ChildProcess } from "node:child_process";

/** Returns what a process prints; undefined if it fails. */
export async function finished(child: ChildProcess): Promise<string | undefined> {
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  return code === 0 ? printed : undefined;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
