// Where the native engine's files are, and what its parts hand each other.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { FairleadError } from "../core/errors.ts";
import { variable } from "./environment.ts";

/** The engine's version, and where it listens: both are compiled into it, as is `library` (engine/distconsts). */
export const version = "v0.19.10";
export const socket = "/run/dagger/engine.sock";
export const library = "/var/lib/fairlead";

/** `report` is told what a person should see; aborting `signal` ends the work with `canceled`. */
export interface EngineOptions {
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The programs of the Go module, as absolute paths. */
export interface EnginePrograms {
  readonly engine: string;
  readonly dagger: string;
  readonly init: string;
  readonly dnsname: string;
}

/** Absolute paths: the Go module, the folder of its programs, the engine's layers, its log. */
export interface EnginePlaces {
  readonly module: string;
  readonly cache: string;
  readonly state: string;
  readonly log: string;
}

/** Returns where the engine is. The cache folder's name has the hash of what is compiled: another source has another folder. */
export async function places(): Promise<EnginePlaces> {
  const module = moduleFolder();
  const hash = createHash("sha256").update(process.arch);
  for (const file of ["go.mod", "go.sum", ...(await readdir(join(module, "distconsts"))).sort().map((name) => join("distconsts", name))]) {
    hash.update(`\0${file}\0`).update(await readFile(join(module, file)));
  }
  const root = variable("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  const state = variable("FAIRLEAD_ENGINE_STATE") ?? join(library, "engine");
  return {
    module,
    cache: join(root, "fairlead", "engine", `${version}-${hash.digest("hex").slice(0, 12)}`),
    state,
    log: join(state, "engine.log"),
  };
}

/** Returns the programs in a cache folder, which need not be there. */
export function programsIn(cache: string): EnginePrograms {
  return { engine: join(cache, "engine"), dagger: join(cache, "dagger"), init: join(cache, "init"), dnsname: join(cache, "dnsname") };
}

/** The folder of the Go module: beside src/ in the repository, and beside the bundle's folder in the published package. */
function moduleFolder(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "engine", "go.mod"))) return join(folder, "engine");
  }
  throw new FairleadError("internal", "compile engine: the Go module engine/ is not beside fairlead");
}
