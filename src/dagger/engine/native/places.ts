// The paths of the native engine's files, and the types that its parts share.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { FairleadError } from "../../../core/errors.ts";
import { variable } from "../environment.ts";

/** The engine's version, and where it listens: both are compiled into it, as is `library` (engine/distconsts). */
export const version = "v0.19.10";
export const socket = "/run/dagger/engine.sock";
export const library = "/var/lib/fairlead-engine";

/** The `dagger` of the engine that was started last, in a folder with nothing else, for all who may use that engine; and a link to its TypeScript SDK. */
export const installedClient = join(library, "client", "dagger");
export const builtinContent = join(library, "content");

/**
 * How Go compiles the programs. Without DWARF, which only a debugger reads, its compilers compute an eighth less. `version` is compiled in: without one,
 * the engine refuses modules.
 */
export const goFlags = {
  compiler: ["-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false"],
  linker: `-s -w -X github.com/dagger/dagger/engine.Version=${version} -X github.com/dagger/dagger/engine.Tag=${version}`,
} as const;

/** The folder of the engine's record and lock. Only root can open it, and it is emptied at boot. */
export const runFolder = "/run/fairlead";

/** `report` receives messages for people; aborting `signal` ends the work with `canceled`. */
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
  /** Writes the client of a TypeScript module. */
  readonly codegen: string;
  readonly runc: string;
}

/** Absolute paths: the Go module, the folder of its programs, the folder of the TypeScript SDK's image, the engine's layers, its log. */
export interface EnginePlaces {
  readonly module: string;
  /** The lock of whoever fills the two folders: one for each home, since each has its own. */
  readonly cacheLock: string;
  readonly cache: string;
  readonly sdk: string;
  readonly state: string;
  readonly log: string;
}

/**
 * Returns the paths of the engine. The names of cache folders have a hash of their sources, and of Go's flags: another source has another folder.
 */
export async function places(): Promise<EnginePlaces> {
  const module = moduleFolder();
  const root = join(variable("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "fairlead", "engine");
  const sources = await hashOf(module, ["go.mod", "go.sum", "distconsts"], process.arch);
  const compiled = await hashOf(module, [], `${sources} ${JSON.stringify(goFlags)}`);
  const sdk = await hashOf(module, ["typescript-sdk"], sources); // which has the compiled codegen in it
  const state = variable("FAIRLEAD_ENGINE_STATE") ?? join(library, "state");
  return {
    module,
    cacheLock: `${root}.lock`,
    cache: join(root, `${version}-${compiled}`),
    sdk: join(root, `typescript-sdk-${sdk}`),
    state,
    log: join(state, "engine.log"),
  };
}

/** Returns the programs in a cache folder, which need not exist. */
export function programsIn(cache: string): EnginePrograms {
  const at = (name: keyof EnginePrograms): string => join(cache, name);
  return { engine: at("engine"), dagger: at("dagger"), init: at("init"), dnsname: at("dnsname"), codegen: at("codegen"), runc: at("runc") };
}

/** Hashes files, and the files in folders, by their paths and contents. */
async function hashOf(module: string, names: readonly string[], seed: string): Promise<string> {
  const hash = createHash("sha256").update(seed);
  for (const file of (await Promise.all(names.map((name) => filesIn(module, name)))).flat()) {
    hash.update(`\0${file}\0`).update(await readFile(join(module, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

async function filesIn(module: string, name: string): Promise<readonly string[]> {
  if (!(await stat(join(module, name))).isDirectory()) return [name];
  const entries = await readdir(join(module, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(module, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * Returns the folder of the Go module: beside src/ in the repository, beside the bundle's folder in the published
 * package.
 */
function moduleFolder(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "engine", "go.mod"))) return join(folder, "engine");
  }
  throw new FairleadError("internal", "compile engine: the Go module engine/ is not beside fairlead");
}
