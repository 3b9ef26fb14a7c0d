import type { Client } from "@dagger.io/dagger";
import { FairleadError } from "../../core/errors.ts";
import type { InstructionEntry } from "../../core/run/report.ts";
import { createBuildLog } from "./build-log.ts";
import { assertDocker, dockerAnswers } from "./docker.ts";
import { variable } from "./environment.ts";
import { followInstructions } from "./instructions.ts";
import { explainFailure, lostEngine } from "./failure.ts";
import { anyClient, startEngine, type EngineOptions } from "./native.ts";
import { places } from "./native/places.ts";
import { assertReachable } from "./reach.ts";
import { assertEngineSetting, engineSetting, isAddress } from "./setting.ts";
import { engineLost, openSession, whenAborted, type EngineTarget } from "./session.ts";

/** A connection to an engine. It stays open until it is closed or the signal that it was made with is aborted. */
export interface DaggerSession {
  /**
   * Runs `use` with the client. Errors become a FairleadError that begins with `doing`.
   * For a failed command, its `output` is the command's last 20 lines. An abort throws `canceled` at once, and ends the
   * engine's work for it.
   */
  use<T>(doing: string, use: (dag: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The facts that decide which engine is used. */
export interface EngineFacts {
  /** True inside `dagger run` and in a Dagger module, where a session exists already. */
  readonly session: boolean;
  readonly runnerHost: string | undefined;
  /** True if a Docker daemon answers; a client alone does not count. */
  readonly docker: boolean;
}

export type EngineChoice = { readonly kind: "session" | "docker" | "native" } | { readonly kind: "address"; readonly address: string };

/**
 * Returns the engine for a value of `FAIRLEAD_ENGINE`: `auto`, `docker`, `native` or an address such as
 * `tcp://10.0.0.1:1234`.
 * @throws FairleadError `input` for anything else
 */
export function chooseEngine(setting: string, facts: EngineFacts): EngineChoice {
  assertEngineSetting(setting);
  if (setting === "docker" || setting === "native") return { kind: setting };
  if (isAddress(setting)) return { kind: "address", address: setting };
  if (facts.session) return { kind: "session" };
  if (facts.runnerHost !== undefined) return { kind: "address", address: facts.runnerHost };
  return { kind: facts.docker ? "docker" : "native" };
}

/**
 * The engine, by default that of `FAIRLEAD_ENGINE`, else `auto`. `log` receives the whole output of the engine, `instruction` what Dockerfiles make
 * of it.
 */
export interface ConnectOptions extends EngineOptions {
  readonly engine?: string | undefined;
  readonly log?: (line: string) => void;
  readonly instruction?: (entry: InstructionEntry) => void;
}

/**
 * Connects to the engine that `options.engine` selects, and starts a native one if needed. Several sessions may be open
 * at once.
 * @throws FairleadError as `chooseEngine`, `startEngine`, `assertReachable` and `assertDocker`, `unavailable` when the engine does not answer, `canceled`
 */
export async function connectDagger(options: ConnectOptions): Promise<DaggerSession> {
  const setting = engineSetting(options.engine);
  const target = await locate(chooseEngine(setting, await readFacts(setting)), options);
  // The output of an existing session goes to whoever opened it, not to us.
  const follow = followInstructions((entry) => options.instruction?.(entry));
  const print = (line: string): void => {
    options.log?.(line);
    follow(line);
  };
  const log = createBuildLog(print, undefined, target.kind === "session" ? 0 : undefined);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const fail = async (doing: string, error: unknown): Promise<FairleadError> => {
    if (options.signal.aborted) return new FairleadError("canceled", `${doing}: canceled`);
    if (lostEngine(error)) stop.abort(engineLost);
    return explainFailure(doing, error, log, target.hint);
  };
  const aborted = whenAborted(options.signal);
  const patience = setTimeout(() => options.report(`waiting for the engine to answer (${target.hint})`), 5000);
  const { client, closed } = await Promise.race([openSession(target, log, signal), aborted])
    .catch(async (error: unknown) => {
      stop.abort();
      throw await fail("connect to engine", error);
    })
    .finally(() => clearTimeout(patience));
  return {
    async use(doing, use) {
      const work = Promise.try(() => use(client));
      return Promise.race([work, aborted]).catch(async (error: unknown) => {
        work.catch(() => undefined); // a failure after an abort has no reader
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
  return { session, runnerHost, docker: !decided && (await dockerAnswers()) };
}

async function locate(choice: EngineChoice, options: EngineOptions): Promise<EngineTarget> {
  const { kind } = choice;
  const given = variable("_EXPERIMENTAL_DAGGER_CLI_BIN");
  switch (kind) {
    case "session":
      return { kind, host: undefined, cli: undefined, hint: "check the command that opened the Dagger session" };
    case "docker":
      await assertDocker();
      return { kind, host: undefined, cli: given, hint: "run docker logs for the container dagger-engine-…" };
    case "native":
      return { kind, ...(await startEngine(options)), hint: `read ${(await places()).log}` };
    case "address": {
      await assertReachable(choice.address, options.signal);
      return { kind, host: choice.address, cli: given ?? (await anyClient()), hint: `check the engine at ${choice.address}` };
    }
  }
}
