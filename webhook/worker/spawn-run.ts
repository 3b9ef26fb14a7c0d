import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { adapterKinds } from "../../src/adapters.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import { machineVariables } from "../../src/core/machine-variables.ts";
import type { FoundDecision } from "../../src/core/gate/decision.ts";
import type { Claimed, Recorded } from "../../src/core/run/journal.ts";
import { makeTemporaryFolder } from "../../src/temporary-folder.ts";
import { programPath } from "../programs.ts";
import type { Answer, FromRun, RunEnding, RunOrder, ToRun } from "../run/messages.ts";

/** The worker's side of a run's requests. One that throws means that the run cannot go on here. */
export interface RunHandlers {
  readonly read: (step: string, key: string) => Promise<Recorded | undefined>;
  readonly claim: (step: string, key: string) => Promise<Claimed>;
  /** Notes the group of the run's processes, which is that of the first. It is told nothing before. */
  readonly started: (group: number) => Promise<void>;
  /** Throws when the run is another's by now. */
  readonly begin: () => Promise<void>;
  readonly record: (step: string, key: string, entry: Recorded) => Promise<void>;
  readonly found: (decision: FoundDecision) => Promise<void>;
  readonly log: (text: string) => void;
  /** Called when a request could not be fulfilled: the run waits for an answer that does not come. */
  readonly failed: (error: unknown) => void;
}

/** The ending of a run. `died`: its process ended before it could say one. */
export type ProcessEnding = RunEnding | { readonly state: "died"; readonly how: string };

/** The process of one run. */
export interface RunProcess {
  readonly ended: Promise<ProcessEnding>;
  /** The time of its last message, in milliseconds of `performance.now()`. */
  readonly lastHeard: () => number;
  /** Tells it that its worker is there: it may go on until then, by `monotonic`. */
  readonly hold: (until: number) => void;
  /** Lets an effect that is under way end, and nothing else begin. */
  readonly stop: () => void;
  readonly kill: () => void;
}

/**
 * The variables of the listener's environment that a run inherits: names, since a pattern would also take a secret that somebody has named so. Those of
 * adapters' settings come to them.
 */
const inherited = new Set([
  ...machineVariables,
  ...["LC_CTYPE", "LC_MESSAGES", "NODE_USE_ENV_PROXY", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"],
  ...["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"],
  ...["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"],
  ...["DOCKER_HOST", "_EXPERIMENTAL_DAGGER_RUNNER_HOST", "FAIRLEAD_ENGINE", "FAIRLEAD_ENGINE_STATE", "FAIRLEAD_ENGINE_PLAIN_HTTP"],
  ...adapterKinds.flatMap(({ environment }) => Object.values(environment?.settings ?? {})),
]);

/** Milliseconds in which a process that has said how its run ended ends itself. */
const farewell = 5_000;

/**
 * The order for a run's process. `machine` matches the variables it may have that locate this machine's own credentials.
 * `memoryBytes` is the limit of its heap.
 */
export type RunStart = Omit<RunOrder, "type" | "folder"> & { readonly machine: readonly RegExp[]; readonly memoryBytes: number };

/** How gladly the kernel ends a run and what it has started, from -1000 to 1000, when memory runs out: before the listener, which has 0. */
const oomScore = "800";

/**
 * Starts a run in a process of its own, with a temporary folder of its own. Returns the process: a promise of its ending, and
 * what stops or kills it. The folder is removed when the process has ended.
 */
export function spawnRun({ machine, memoryBytes, ...order }: RunStart, handlers: RunHandlers): RunProcess {
  const folder = makeTemporaryFolder("fairlead-run");
  const env = environmentIn(folder, machine);
  const execArgv = [`--max-old-space-size=${Math.ceil(memoryBytes / 1024 / 1024)}`];
  const child = fork(programPath("run-process"), { env, execArgv, detached: true, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  offerToKernel(child);
  let heard = performance.now();
  let ending: RunEnding | undefined;
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-2000)));
  const tell = (message: ToRun): void => void (child.connected && child.send(message, () => undefined));
  child.on("message", (message: FromRun) => {
    heard = performance.now();
    if (message.type === "log") handlers.log(message.text);
    else if (message.type === "ended") ending = message.ending;
    else answer(message, handlers).then((found) => tell({ type: "answer", id: message.id, ...found }), handlers.failed);
  });
  const kill = (): void => killGroup(child);
  const ended = whenEnded(child, () => ending !== undefined).then((how) => {
    kill(); // what it has started and left
    rmSync(folder, { recursive: true, force: true });
    if (how !== undefined && said.trim() !== "") handlers.log(said.trim());
    return ending ?? { state: "died" as const, how: how ?? "it said nothing" };
  });
  handlers.started(child.pid ?? 0).then(() => tell({ type: "start", folder, ...order }), handlers.failed);
  return { ended, lastHeard: () => heard, hold: (until) => tell({ type: "held", until }), stop: () => tell({ type: "stop" }), kill };
}

/** Returns the environment of a process of a run whose temporary folder this is. */
export function environmentIn(folder: string, machine: readonly RegExp[]): NodeJS.ProcessEnv {
  const mayHave = (name: string): boolean => inherited.has(name) || machine.some((each) => each.test(name));
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => mayHave(name))), TMPDIR: folder };
}

/** Makes the kernel choose this process, and all that it will start, when memory runs out. https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html */
export function offerToKernel({ pid }: ChildProcess): void {
  try {
    writeFileSync(`/proc/${String(pid)}/oom_score_adj`, oomScore);
  } catch {
    // there is no such file but on Linux, nor of a process that could not be started
  }
}

async function answer(message: Extract<FromRun, { id: number }>, { read, claim, begin, record, found }: RunHandlers): Promise<Answer> {
  if (message.type === "read") return { entry: await read(message.step, message.key) };
  if (message.type === "claim") return { claimed: await claim(message.step, message.key) };
  if (message.type === "begin") await begin();
  else if (message.type === "found") await found(message.decision);
  else await record(message.step, message.key, message.entry);
  return {};
}

/** Returns how a process has ended that was not asked to, or undefined for one that had said what it had to say. */
export async function whenEnded(child: ChildProcess, hasSaid: () => boolean): Promise<string | undefined> {
  const exit = once(child, "exit").catch(asFairleadError); // `error`: it could not be started
  await Promise.race([exit, once(child, "disconnect").then(() => delay(farewell, undefined, { ref: false }))]);
  if (hasSaid()) return undefined;
  return child.signalCode ?? `exit code ${child.exitCode ?? "unknown"}`;
}

/** Ends a process and all of its group. One that is gone is fine. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
