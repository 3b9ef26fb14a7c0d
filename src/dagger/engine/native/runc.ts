// The program that runs containers. We compile it: Debian's is older than the fixes that it needs.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FairleadError } from "../../../core/errors.ts";

const run = promisify(execFile);

/** A runc: its version such as `1.3.3`, and whether it filters system calls. */
export interface Runc {
  readonly version: string;
  readonly seccomp: boolean;
}

/**
 * The first releases of 1.2 and 1.3 with the fixes of CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881, by which a
 * container reaches the host. https://github.com/opencontainers/runc/releases/tag/v1.3.3
 */
const fixedIn: ReadonlyMap<string, number> = new Map([
  ["1.2", 8],
  ["1.3", 3],
]);

/** Returns what a runc says of itself; undefined if there is none at this path. */
export async function readRunc(program: string): Promise<Runc | undefined> {
  const said = await run(program, ["--version"]).catch(() => undefined);
  return said === undefined ? undefined : parseRunc(said.stdout);
}

/** Reads the output of `runc --version`. Only a runc with seccomp names libseccomp. */
export function parseRunc(text: string): Runc | undefined {
  const [, version] = /^runc version (\S+)/m.exec(text) ?? [];
  return version === undefined ? undefined : { version, seccomp: /^libseccomp: /m.test(text) };
}

/** Throws `unsupported` for a runc that must not run other people's code; `undefined` is one of which nothing is known. */
export function checkRunc(runc: Runc | undefined): void {
  const why = whyNot(runc);
  if (why === undefined) return;
  throw new FairleadError("unsupported", `start engine: ${why}`, {
    hint: "run fairlead engine build: it compiles runc 1.3.3 with seccomp",
  });
}

/** Throws `conflict` if the running engine has such a runc, as one that an older fairlead started. */
export function checkRunningRunc(version: string | null | undefined): void {
  const why = whyNot(version == null ? undefined : { version, seccomp: true });
  if (why === undefined) return;
  throw new FairleadError("conflict", `start engine: the one that runs was started by an older fairlead: ${why}`, {
    hint: "run fairlead engine stop once nothing builds on it: the next run starts it with another runc",
  });
}

function whyNot(runc: Runc | undefined): string | undefined {
  if (runc === undefined) return "its runc has no known version";
  if (!runc.seccomp) return `its runc ${runc.version} was compiled without seccomp, so it filters no system calls`;
  const [, release = "", major, minor, patch] = /^((\d+)\.(\d+))\.(\d+)/.exec(runc.version) ?? [];
  const isNewer = Number(major) > 1 || Number(minor) > 3;
  if (isNewer || Number(patch) >= (fixedIn.get(release) ?? Infinity)) return undefined;
  return `containers can leave its runc ${runc.version} (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881)`;
}
