import type { Client, connect as Connect } from "@dagger.io/dagger";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { FairleadError } from "../core/errors.ts";
import { createBuildLog, explainFailure, type BuildLog } from "./build-log.ts";
import { engineStatus, startEngine, variable, type EngineOptions } from "./native.ts";

const run = promisify(execFile);

/** A connection to an engine. It stays open until it is closed or the signal that it was made with is aborted. */
export interface DaggerSession {
  /**
   * Runs `use` with the client. What it throws comes out as a FairleadError whose message begins with `doing`; for a command that failed its `output`
   * is the command's last 20 lines. An abort ends it at once with `canceled`, and with it what the engine does for it.
   */
  use<T>(doing: string, use: (dag: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What decides which engine is taken. */
export interface EngineFacts {
  /** True inside `dagger run` and in a Dagger module: a session is there already. */
  readonly session: boolean;
  readonly runnerHost: string | undefined;
  /** True when a Docker daemon answers; a client without one does not count. */
  readonly docker: boolean;
}

export type EngineChoice = { readonly kind: "session" | "docker" | "native" } | { readonly kind: "address"; readonly address: string };

/**
 * Returns the engine that `FAIRLEAD_ENGINE` stands for: `auto`, `docker`, `native` or an address such as `tcp://10.0.0.1:1234`.
 *
 * @throws FairleadError `input` for anything else
 */
export function chooseEngine(setting: string, facts: EngineFacts): EngineChoice {
  if (setting === "docker" || setting === "native") return { kind: setting };
  if (/^[a-z][a-z+-]*:\/\/./.test(setting)) return { kind: "address", address: setting };
  if (setting !== "auto") {
    throw new FairleadError("input", `choose engine: "${setting}" is neither auto, docker, native nor an address`, {
      hint: "set FAIRLEAD_ENGINE to one of them, an address being like tcp://10.0.0.1:1234",
    });
  }
  if (facts.session) return { kind: "session" };
  if (facts.runnerHost !== undefined) return { kind: "address", address: facts.runnerHost };
  return { kind: facts.docker ? "docker" : "native" };
}

/**
 * Connects to the engine that `engine` stands for (by default `FAIRLEAD_ENGINE`, else `auto`), having started a native one where needed.
 * `report` is told what takes long. Several sessions may be open at once.
 *
 * @throws FairleadError as `chooseEngine` and `startEngine`, `unavailable` when the engine does not answer, `canceled`
 */
export async function connectDagger(options: EngineOptions & { readonly engine?: string | undefined }): Promise<DaggerSession> {
  const setting = options.engine ?? variable("FAIRLEAD_ENGINE") ?? "auto";
  const place = await locate(chooseEngine(setting, await readFacts(setting)), options);
  const log = createBuildLog();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const fail = async (doing: string, error: unknown): Promise<FairleadError> =>
    options.signal.aborted ? new FairleadError("canceled", `${doing}: canceled`) : explainFailure(doing, error, log, place.hint);
  const aborted = whenAborted(options.signal);
  const patience = setTimeout(() => options.report(`waiting for the engine to answer (${place.hint})`), 5000);
  const { client, closed } = await Promise.race([open(place, log, signal), aborted])
    .catch(async (error: unknown) => {
      stop.abort();
      throw await fail("connect to engine", error);
    })
    .finally(() => clearTimeout(patience));
  return {
    async use(doing, use) {
      const work = Promise.try(() => use(client));
      return Promise.race([work, aborted]).catch(async (error: unknown) => {
        work.catch(() => undefined); // what an abort left behind
        throw await fail(doing, error);
      });
    },
    async close() {
      stop.abort();
      await closed;
    },
  };
}

async function readFacts(setting: string): Promise<EngineFacts> {
  const session = variable("DAGGER_SESSION_PORT") !== undefined;
  const runnerHost = variable("_EXPERIMENTAL_DAGGER_RUNNER_HOST");
  const decided = setting !== "auto" || session || runnerHost !== undefined;
  return { session, runnerHost, docker: !decided && (await dockerSays(["version", "--format", "{{.Server.Version}}"])) !== undefined };
}

/** Returns what the Docker client prints; undefined where there is none, or no daemon answers it. */
async function dockerSays(args: readonly string[]): Promise<string | undefined> {
  return run("docker", args, { timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

/** How an engine is reached. Without `cli` the SDK brings a `dagger` of its own, without `host` that starts the engine in Docker. */
interface Place {
  readonly kind: EngineChoice["kind"];
  readonly host: string | undefined;
  readonly cli: string | undefined;
  readonly hint: string;
}

async function locate(choice: EngineChoice, options: EngineOptions): Promise<Place> {
  const { kind } = choice;
  const given = variable("_EXPERIMENTAL_DAGGER_CLI_BIN");
  switch (kind) {
    case "session":
      return { kind, host: undefined, cli: undefined, hint: "look at the command that opened the Dagger session" };
    case "docker":
      return { kind, host: undefined, cli: given, hint: "run docker logs for the container dagger-engine-…" };
    case "native":
      return { kind, ...(await startEngine(options)), hint: `read ${(await engineStatus()).log}` };
    case "address": {
      const built = join((await engineStatus()).cache, "dagger");
      const hint = `check the engine at ${choice.address}`;
      return { kind, host: choice.address, cli: given ?? (existsSync(built) ? built : undefined), hint };
    }
  }
}

interface Open {
  readonly client: Client;
  /** Fulfilled when nothing of the session is left. */
  readonly closed: Promise<void>;
}

/** Opens a session that lasts until the signal is aborted. */
async function open(place: Place, log: BuildLog, signal: AbortSignal): Promise<Open> {
  if (place.kind === "session") return attach({}, log, signal);
  const folder = await mkdtemp(join(tmpdir(), "fairlead-docker-"));
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const environment: NodeJS.ProcessEnv = {
    DO_NOT_TRACK: "1",
    DAGGER_NO_UPDATE_CHECK: "1",
    DAGGER_NO_NAG: "1",
    DOCKER_CONFIG: folder, // logins of this machine's user are not the run's
    DAGGER_SESSION_PORT: undefined,
    DAGGER_SESSION_TOKEN: undefined,
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: place.host,
  };
  try {
    const { client, closed } = await (place.cli === undefined
      ? provision(place, environment, log, signal)
      : spawnSession({ ...place, cli: place.cli }, environment, log, signal));
    return { client, closed: closed.finally(clean) };
  } catch (error) {
    await clean();
    throw error;
  }
}

/**
 * Runs `dagger session` and connects to it. We do so rather than leave it to the SDK, which reads what it needs from process.env while it starts its own,
 * so that two at once would have to share it; and where its `dagger session` dies, it leaves a rejection that ends the whole process.
 * In a process group of its own it does not get a terminal's Ctrl-C: the end of a run is ours. It ends with us, when its stdin closes.
 */
async function spawnSession(
  { cli, hint }: { readonly cli: string; readonly hint: string },
  environment: NodeJS.ProcessEnv,
  log: BuildLog,
  signal: AbortSignal,
): Promise<Open> {
  const child = spawn(cli, ["session"], { env: { ...process.env, ...environment }, detached: true });
  const ended = new Promise<void>((resolve) => child.once("error", () => resolve()).once("close", () => resolve()));
  child.stdin.on("error", () => undefined);
  child.stderr.pipe(log.stream);
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, "line", { signal: AbortSignal.any([signal, AbortSignal.timeout(connectDeadline)]) }) as Promise<[string]>;
  const answer = await Promise.race([first, ended]).catch(() => "late" as const);
  if (answer === undefined || answer === "late") {
    child.kill("SIGKILL"); // before it is connected it does not listen to less
    await ended;
    const said = log.tail(20).findLast((line) => line.trim() !== "") ?? `cannot run ${cli}`;
    const cause = answer === "late" ? `no answer within ${connectDeadline / 1000} s` : said.replace(/^Error: | \[traceparent:.*/g, "");
    throw new FairleadError("unavailable", `connect to engine: ${cause}`, { hint, output: log.tail(20) });
  }
  const { port, session_token } = JSON.parse(answer[0]) as { port: number; session_token: string };
  const end = (): void => {
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), closeDeadline);
    void ended.then(() => clearTimeout(force));
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const { client } = await attach({ DAGGER_SESSION_PORT: String(port), DAGGER_SESSION_TOKEN: session_token }, log, signal);
  return { client, closed: ended };
}

/** Milliseconds: as long as a distant engine may take to answer, and as long as a session may take to tell it goodbye. */
const connectDeadline = 120_000;
const closeDeadline = 10_000;

/** Connects to a session that is there. The SDK reads its variables before it first waits, so that nobody else sees them in process.env. */
async function attach(variables: NodeJS.ProcessEnv, log: BuildLog, signal: AbortSignal): Promise<Open> {
  const { connect } = await import("@dagger.io/dagger");
  const restore = setVariables(variables);
  const held = hold(connect, log, signal);
  restore();
  return held;
}

let provisioned: Promise<unknown> = Promise.resolve();

/**
 * Lets the SDK bring its `dagger`, as only it knows from where. It reads process.env whenever it gets to it, so these sessions are opened one after the
 * other, and until one is open, all that this process starts has its variables.
 */
async function provision({ hint }: Place, environment: NodeJS.ProcessEnv, log: BuildLog, signal: AbortSignal): Promise<Open> {
  const { connect } = await import("@dagger.io/dagger");
  // An empty DOCKER_CONFIG has no current context either: what that one says must be said by a variable.
  const host = variable("DOCKER_HOST") ?? (await dockerSays(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]));
  const held = provisioned.then(async () => {
    const restore = setVariables({ ...environment, DOCKER_HOST: host });
    return hold(connect, log, signal).finally(restore);
  });
  provisioned = held.catch(() => undefined);
  return held.catch((error: unknown) => {
    throw new FairleadError("unavailable", `connect to engine: ${innermost(error)}`, { hint, cause: error });
  });
}

/** The SDK closes a session when its callback ends: ours ends when the signal is aborted. */
async function hold(connect: typeof Connect, log: BuildLog, signal: AbortSignal): Promise<Open> {
  const opened = Promise.withResolvers<Client>();
  const ended = connect(
    async (client) => {
      opened.resolve(client);
      await whenAborted(signal).catch(() => undefined);
    },
    { LogOutput: log.stream },
  );
  ended.catch(opened.reject);
  return { client: await opened.promise, closed: ended.catch(() => undefined) };
}

/** Sets variables of process.env, those that are undefined by deleting them, and returns what sets them back. */
function setVariables(variables: NodeJS.ProcessEnv): () => void {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  return () => void setVariables(before);
}

/** Rejects when the signal is aborted. It may be left without anyone who waits for it. */
function whenAborted(signal: AbortSignal): Promise<never> {
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
