import { appendFile, readFile, writeFile } from "node:fs/promises";
import { FairleadError } from "../core/errors.ts";
import type { JobPage } from "../core/reporter.ts";
import type { Io } from "./io.ts";

/** https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits */
const longest = 2 ** 20;

/** Returns the job summary of GitHub Actions, which is a file of each step of a job; undefined outside of a job. */
export function jobPage(env: Io["env"]): JobPage | undefined {
  const path = env.GITHUB_STEP_SUMMARY ?? "";
  return path === "" ? undefined : { longest, read: () => read(path), write: (text) => write(path, text) };
}

async function read(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw failure("read", error);
  });
}

/** What only grows is appended, so that a process that is killed there takes nothing from others. */
async function write(path: string, text: string): Promise<void> {
  try {
    const before = await read(path);
    if (text.startsWith(before)) await appendFile(path, text.slice(before.length));
    else await writeFile(path, text);
  } catch (error) {
    throw error instanceof FairleadError ? error : failure("write", error);
  }
}

function failure(doing: string, cause: unknown): FairleadError {
  const { code = "unknown" } = cause as NodeJS.ErrnoException;
  return new FairleadError("input", `${doing} GITHUB_STEP_SUMMARY: its file cannot be used (${code})`, {
    hint: "let GITHUB_STEP_SUMMARY name a file that this job may write",
    cause,
  });
}
