import { PassThrough, type Writable } from "node:stream";
import { machineVariables } from "../../core/machine-variables.ts";

/** Returns a variable of the environment. An empty one counts as unset. */
export function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/**
 * The variables that `dagger session` inherits: names, since our environment may hold anybody's secrets, and a session runs what Dockerfiles and modules
 * ask for. `DAGGER_CLOUD_TOKEN` is Dagger's own.
 */
const sessionVariables = [
  ...machineVariables,
  ...["TMPDIR", "TERM", "NO_COLOR"],
  ...["DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION", "DAGGER_CLOUD_TOKEN"],
  ...["_EXPERIMENTAL_DAGGER_RUNNER_HOST", "_EXPERIMENTAL_DAGGER_RUNNER_IMAGE", "_EXPERIMENTAL_DAGGER_GPU_SUPPORT"],
];

/** Returns the environment of a `dagger session`: what it inherits, then these. */
export function sessionEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(sessionVariables.map((name) => [name, process.env[name]])), ...own };
}

/** Returns changes to process.env that leave of it the environment of a `dagger session` alone. */
function onlySessionEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])), ...sessionEnvironment(own) };
}

/** Sets variables of process.env, and deletes those that are undefined. Returns a function that restores them. */
export function setVariables(variables: NodeJS.ProcessEnv): () => void {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  return () => void setVariables(before);
}

/**
 * Returns the SDK's log, which leaves process.env to a session alone while the SDK starts one. It cannot be told an environment, but it writes one line
 * to its log right before it starts `dagger session`, and one right after it: nothing else of ours can run between the two.
 */
export function whileSpawning(stream: Writable, own: NodeJS.ProcessEnv): Writable {
  let restore: (() => void) | undefined;
  const watched = new PassThrough();
  const write = watched.write.bind(watched) as (chunk: unknown) => boolean;
  watched.write = (chunk: unknown): boolean => {
    restore?.();
    restore = String(chunk).startsWith("Creating new Engine session") ? setVariables(onlySessionEnvironment(own)) : undefined;
    return write(chunk);
  };
  watched.pipe(stream);
  return watched;
}

/** Settings for every Dagger program in a run: no telemetry, no check for a newer version, no advertisement. */
export const quietDagger = { DO_NOT_TRACK: "1", DAGGER_NO_UPDATE_CHECK: "1", DAGGER_NO_NAG: "1" };
