import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { SimpleGit } from "#sdk/simple-git";
import { FairleadError } from "../core/errors.ts";

/** The options of one `git` process. */
export interface GitCall {
  readonly folder: string;
  /** The whole environment of the process: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly input?: string | Uint8Array;
}

/** The result of a process. Git says more by its text than by its exit code, so it has both. */
export interface GitOutcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * The only settings from outside that Git sees: proxies and certificates of the machine. Names are those of libcurl,
 * OpenSSL and Git.
 */
const passedOn = [
  ...["PATH", "TMPDIR"],
  ...["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"],
];

/**
 * Returns an environment in which Git knows only what it is told. `home` is an empty folder.
 * https://git-scm.com/docs/git#_environment_variables
 */
export function cleanEnvironment(home: string): Record<string, string> {
  return {
    ...inherit(passedOn),
    HOME: home,
    LC_ALL: "C", // texts that failure.ts reads stay as they are
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "https:http:ssh",
    // A connection that is slower than this for a minute is dead, in bytes a second and seconds.
    GIT_HTTP_LOW_SPEED_LIMIT: "100",
    GIT_HTTP_LOW_SPEED_TIME: "60",
  };
}

/** Returns the named variables of our own environment that are set. */
export function inherit(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Runs Git until it ends. Throws `canceled` if it was stopped, `unsupported` if there is no Git. */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitOutcome> {
  return await run(args, call, async (git) => await git.raw([...args]));
}

/** Runs Git and returns its output. Throws `internal` if it fails: for commands that only a bug makes fail. */
export async function git(args: readonly string[], call: GitCall): Promise<string> {
  return expectSuccess(args, await runGit(args, call)).output;
}

/** Returns the bytes of objects, by their names. https://git-scm.com/docs/git-cat-file#_batch_output */
export async function readObjects(names: readonly string[], call: GitCall): Promise<ReadonlyMap<string, Uint8Array>> {
  if (names.length === 0) return new Map();
  let printed: Buffer = Buffer.alloc(0);
  const outcome = await run(["cat-file"], { ...call, input: `${names.join("\n")}\n` }, async (simple) => {
    printed = (await simple.binaryCatFile(["--batch", "--buffer"])) as Buffer;
    return "";
  });
  expectSuccess(["cat-file"], outcome);
  const found = new Map<string, Uint8Array>();
  for (const name of names) {
    const start = printed.indexOf("\n") + 1;
    const size = Number(printed.toString("latin1", 0, start).split(" ")[2]);
    if (!Number.isInteger(size)) throw new FairleadError("internal", `git cat-file: there is no ${name}`);
    found.set(name, printed.subarray(start, start + size));
    printed = printed.subarray(start + size + 1);
  }
  return found;
}

function expectSuccess(args: readonly string[], outcome: GitOutcome): GitOutcome {
  if (outcome.code === 0) return outcome;
  throw new FairleadError("internal", `git ${args[0] ?? ""}: exit code ${outcome.code}`, { output: lastLines(outcome.errors) });
}

async function run(args: readonly string[], call: GitCall, task: (git: SimpleGit) => Promise<string>): Promise<GitOutcome> {
  const ended = { code: 0, errors: "" };
  const stopped = (): FairleadError => new FairleadError("canceled", `git ${args[0] ?? ""}: stopped`, { cause: call.signal.reason });
  const over = new AbortController();
  const mark = { FAIRLEAD_GIT_CALL: randomUUID() };
  const stop = (): void => void endGroups(`FAIRLEAD_GIT_CALL=${mark.FAIRLEAD_GIT_CALL}`, over.signal);
  call.signal.addEventListener("abort", stop, { once: true });
  try {
    const simple = await openSimpleGit({ ...call, env: { ...call.env, ...mark } }, ended);
    if (call.signal.aborted) throw stopped();
    const output = await task(simple);
    if (call.signal.aborted && ended.code !== 0) throw stopped();
    return { output, ...ended };
  } catch (error) {
    if (call.signal.aborted) throw stopped();
    if (!ended.errors.includes("ENOENT")) throw error;
    throw new FairleadError("unsupported", "run git: it is not installed", { hint: "install Git 2.39 or newer", cause: error });
  } finally {
    call.signal.removeEventListener("abort", stop);
    over.abort();
  }
}

async function openSimpleGit(call: GitCall, ended: { code: number; errors: string }): Promise<SimpleGit> {
  const { simpleGit } = await import("#sdk/simple-git");
  const simple = simpleGit({
    baseDir: call.folder,
    // In its own session: a terminal's Ctrl-C does not cut off a push that may still end.
    ...(process.platform !== "linux" ? { abort: call.signal } : { binary: ["setsid", "git"] as [string, string] }),
    // simple-git leaves out a variable that is not named here, and refuses one that could run a program. Ours do, on
    // purpose: see access.ts.
    allowEnvironment: Object.keys(call.env),
    unsafe: {
      allowUnsafeConfigEnvCount: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true,
    },
    // By default a process counts as ended 50 ms after its exit, even if its output is not complete.
    completion: { onClose: true, onExit: false },
    input: () => (call.input === undefined ? undefined : Buffer.from(call.input)),
    errors: (error, { exitCode, stdErr }) => {
      Object.assign(ended, { code: exitCode, errors: Buffer.concat(stdErr).toString() });
      return exitCode > 0 ? undefined : error;
    },
  });
  return simple.env({ ...call.env });
}

/**
 * Ends the processes of a call and all that they started, until the call is over.
 * simple-git's own abort reaches only the first: its transport would live on, with the token in its environment. They
 * are found by a mark in their environment.
 */
async function endGroups(mark: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    for (const pid of await ownChildren()) {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      if (environment.split("\0").includes(mark)) endGroup(Number(pid));
    }
    await delay(20, undefined, { signal: over }).catch(() => undefined);
  }
}

async function ownChildren(): Promise<readonly string[]> {
  const threads = await readdir("/proc/self/task").catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/self/task/${thread}/children`, "utf8").catch(() => "")));
  return lists.flatMap((list) => list.split(" ").filter(Boolean));
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGTERM");
  } catch {
    // it has ended by itself
  }
}

/** Returns the last 20 lines of what a command printed. */
export function lastLines(text: string): readonly string[] {
  return text.trimEnd().split("\n").slice(-20);
}
