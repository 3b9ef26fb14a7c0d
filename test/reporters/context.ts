import type { GitProvider } from "../../src/core/git/provider.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import type { ReportContext, RunView, Subject } from "../../src/core/reporter.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { allowSettings } from "../../src/core/server-url.ts";
import { publicServers } from "../../src/core/servers.ts";
import { github } from "../../src/git-providers/github.ts";
import { secretValue } from "../../src/secrets.ts";
import { adapterOptions } from "../adapter-options.ts";
import type { GitHub } from "../doubles/github.ts";

/** The settings of a context for a reporter. */
export interface ContextOptions {
  /** The token's text at the double. */
  readonly token: string;
  /** Ends all that is asked. */
  readonly signal?: AbortSignal;
  /** Where warnings go; a test that gives none expects none. */
  readonly warnings?: string[];
}

/** Returns what a process gives its reporters: everything is new, as after a restart, and no retry is waited for. */
export function reportContext(server: GitHub, { token, signal = new AbortController().signal, warnings }: ContextOptions): ReportContext {
  const settings = allowSettings(github, { url: server.url, api: server.apiUrl }, publicServers);
  const credentials = [{ for: server.host, kind: "token" as const, secret: secretValue(token, "token", createRedactor()) }];
  const delay = (_: number, stop: AbortSignal): Promise<void> => Promise.try(() => stop.throwIfAborted());
  const { name, tokenUsername, words } = github;
  const provider: GitProvider = { ...github.create(adapterOptions({ credentials, settings, signal, delay })), name, tokenUsername, words };
  return {
    gitProvider: () => provider,
    signal,
    now: () => now,
    report(entry) {
      if (entry.type !== "warning") return;
      if (warnings === undefined) throw new Error(`nobody expects the warning: ${entry.message}`);
      warnings.push(entry.message);
    },
  };
}

/** No time that a test reports is after it, whatever its machine takes for today. */
export const now = new Date("2099-01-01T00:00:00Z");

/** A run of `acme/app` at the double, on this commit. */
export function subjectOf(server: GitHub, commit: string, changes: Partial<Subject> = {}): Subject {
  return { run: runs[0], repository: parseRepository(`${server.url}/acme/app`), commit, url: "https://ci.acme.dev/runs/1", ...changes };
}

/** Ids of runs, in the order in which they were made. */
export const runs = ["0193b2c4-0000-7000-8000-0000000000a1", "0193b2c4-0001-7000-8000-0000000000b2"] as const;

/** The view of a run that was made at 12:00 and has just begun to run. */
export function viewOf(changes: Partial<RunView> = {}): RunView {
  return {
    pipeline: "ship",
    route: undefined,
    state: "running",
    reason: undefined,
    outdated: false,
    error: undefined,
    createdAt: new Date("2026-11-30T12:00:00Z"),
    startedAt: new Date("2026-11-30T12:00:05Z"),
    endedAt: undefined,
    facts: { images: [], pullRequest: undefined },
    rollout: undefined,
    ...changes,
  };
}
