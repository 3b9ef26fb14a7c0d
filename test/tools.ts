/** The programs of test/tools, which scripts/setup.mjs compiles. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const module = join(import.meta.dirname, "tools");

/** `registry` is go-containerregistry's, in memory, with the referrers API. */
export type Tool = "crane" | "regctl" | "registry";

/** Returns the path of a program, which need not exist. */
export function toolPath(tool: Tool): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "registry/main.go"]) hash.update(readFileSync(join(module, file)));
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(cache, "fairlead", "test-tools", hash.digest("hex").slice(0, 16), tool);
}

/** False on a machine without Go, where setup has compiled nothing. With CI=true it is an error. */
export const toolsAreThere = existsSync(toolPath("crane")) || process.env.CI === "true";

/** Runs crane or regctl, or another program by its name, and returns what it prints without the last line break. */
export async function runTool(tool: Tool | "skopeo", ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(tool === "skopeo" ? tool : toolPath(tool), args, { maxBuffer: 16 * 1024 * 1024 });
  return stdout.trimEnd();
}
