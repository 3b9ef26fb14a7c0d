// Opens and ends sessions with an engine, and sets the environment of the processes behind them.
// A session is made by `dagger session` or by the SDK, or exists already.
import type { Client, connect as Connect } from "@dagger.io/dagger";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { FairleadError } from "../../core/errors.ts";
import { makeTemporaryFolder } from "../../temporary-folder.ts";
import type { BuildLog } from "./build-log.ts";
import { dockerHost } from "./docker.ts";
import { quietDagger, sessionEnvironment, setVariables, whileSpawning } from "./environment.ts";

/**
 * The way to an engine. Without `cli` the SDK brings its own `dagger`; without `host` that starts the engine in Docker.
 */
export interface EngineTarget {
  readonly kind: "session" | "docker" | "native" | "address";
  readonly host: string | undefined;
  readonly cli: string | undefined;
  readonly hint: string;
}

/** An open session. */
export interface OpenSession {
  readonly client: Client;
  /** Fulfilled when nothing of the session is left. */
  readonly closed: Promise<void>;
}

/** The abort reason of a session whose engine is gone. */
export const engineLost = Symbol("engine lost");

/**
 * Where `dagger` runs: it starts Git, for credentials and for what it tells of a run, and Git would do what the configuration of a checkout says.
 */
const workdir = "/";

/** Milliseconds that a distant engine may take to answer, and a session to end. */
const connectDeadline = 120_000;
const closeDeadline = 10_000;

/**
 * Opens a session that lasts until the signal is aborted. The progress of all its work goes into `log`.
 * @throws FairleadError `unavailable` when the engine does not answer
 */
export async function openSession(target: EngineTarget, log: BuildLog, signal: AbortSignal): Promise<OpenSession> {
  if (target.kind === "session") return attach({}, log, signal);
  const folder = makeTemporaryFolder("fairlead-docker");
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const environment: NodeJS.ProcessEnv = {
    ...quietDagger,
    DOCKER_CONFIG: folder, // the run must not use the logins of this machine's user
    DAGGER_SESSION_PORT: undefined,
    DAGGER_SESSION_TOKEN: undefined,
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: target.host,
  };
  try {
    const { client, closed } = await (target.cli === undefined
      ? provision(target, environment, log, signal)
      : spawnSession({ ...target, cli: target.cli }, environment, log, signal));
    return { client, closed: closed.finally(clean) };
  } catch (error) {
    await clean();
    throw error;
  }
}

/**
 * Runs `dagger session` and connects to it. The SDK could start its own, but it reads process.env while it does, so
 * that two at once would share it. And if its `dagger session` dies, it leaves a rejection that ends the whole process.
 * The child has its own process group, so a terminal's Ctrl-C does not reach it: the run ends it. It also ends with us,
 * when its stdin closes.
 */
async function spawnSession(
  { cli, hint }: { readonly cli: string; readonly hint: string },
  environment: NodeJS.ProcessEnv,
  log: BuildLog,
  signal: AbortSignal,
): Promise<OpenSession> {
  const program = cli.includes("/") ? resolve(cli) : cli;
  const child = spawn(program, ["session"], { cwd: workdir, env: sessionEnvironment(environment), detached: true });
  const ended = new Promise<void>((resolve) => child.once("error", () => resolve()).once("close", () => resolve()));
  child.stdin.on("error", () => undefined);
  child.stderr.pipe(log.stream);
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, "line", { signal: AbortSignal.any([signal, AbortSignal.timeout(connectDeadline)]) }) as Promise<[string]>;
  const answer = await Promise.race([first, ended]).catch(() => "late" as const);
  if (answer === undefined || answer === "late") {
    child.kill("SIGKILL"); // it does not listen to SIGTERM before it is connected
    await ended;
    const said = log.tail(20).findLast((line) => line.trim() !== "") ?? `cannot run ${cli}`;
    const cause = answer === "late" ? `no answer within ${connectDeadline / 1000} s` : said.replace(/^Error: /, "");
    throw new FairleadError("unavailable", `connect to engine: ${cause}`, { hint, output: log.tail(20) });
  }
  const { port, session_token } = JSON.parse(answer[0]) as { port: number; session_token: string };
  const end = (): void => {
    child.kill(signal.reason === engineLost ? "SIGKILL" : "SIGTERM"); // it would wait long for an engine that is gone
    const force = setTimeout(() => child.kill("SIGKILL"), closeDeadline);
    void ended.then(() => clearTimeout(force));
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const { client } = await attach({ DAGGER_SESSION_PORT: String(port), DAGGER_SESSION_TOKEN: session_token }, log, signal);
  return { client, closed: ended };
}

/**
 * Connects to an existing session. The SDK reads its variables before it first waits, so nothing else sees them in
 * process.env.
 */
async function attach(variables: NodeJS.ProcessEnv, log: BuildLog, signal: AbortSignal): Promise<OpenSession> {
  const { connect } = await import("@dagger.io/dagger");
  const restore = setVariables(variables);
  const held = hold(connect, log, signal);
  restore();
  return held;
}

let provisioned: Promise<unknown> = Promise.resolve();

/**
 * Lets the SDK bring its `dagger`: only it knows from where. It reads process.env at any time, so these sessions are
 * opened one after the other. Until one is open, all processes that are started here inherit its variables.
 */
async function provision({ hint }: EngineTarget, environment: NodeJS.ProcessEnv, log: BuildLog, signal: AbortSignal): Promise<OpenSession> {
  const { connect } = await import("@dagger.io/dagger");
  const host = await dockerHost(); // an empty DOCKER_CONFIG has no current context either
  const held = provisioned.then(async () => {
    const own = { ...environment, DOCKER_HOST: host };
    const restore = setVariables(own);
    return hold(connect, { ...log, stream: whileSpawning(log.stream, own) }, signal).finally(restore);
  });
  provisioned = held.catch(() => undefined);
  return held.catch((error: unknown) => {
    throw new FairleadError("unavailable", `connect to engine: ${innermost(error)}`, { hint, cause: error });
  });
}

/** The SDK closes a session when its callback ends. Ours ends when the signal is aborted. */
async function hold(connect: typeof Connect, log: BuildLog, signal: AbortSignal): Promise<OpenSession> {
  const opened = Promise.withResolvers<Client>();
  const ended = connect(
    async (client) => {
      opened.resolve(client);
      await whenAborted(signal).catch(() => undefined);
    },
    { LogOutput: log.stream, Workdir: workdir },
  );
  ended.catch(opened.reject);
  return { client: await opened.promise, closed: ended.catch(() => undefined) };
}

/** Rejects when the signal is aborted. Nobody has to wait for it. */
export function whenAborted(signal: AbortSignal): Promise<never> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return aborted.promise;
}

function innermost(error: unknown): string {
  if (error instanceof Error) return error.cause === undefined ? error.message : innermost(error.cause);
  return String(error);
}
