import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FairleadError } from "../../core/errors.ts";
import { variable } from "./environment.ts";

const run = promisify(execFile);

/**
 * Throws where the Dagger SDK could start no engine in Docker: it would download a program first, and then fail.
 * @throws FairleadError `not_found` (no `docker`), `unavailable` (no daemon answers)
 */
export async function assertDocker(): Promise<void> {
  if (await dockerAnswers()) return;
  const other = "or choose another engine: --engine native, or an address";
  const there = await run("docker", ["--version"]).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
  throw there
    ? new FairleadError("unavailable", "connect to engine: no Docker daemon answers", { hint: `start Docker (docker version shows its state), ${other}` })
    : new FairleadError("not_found", "connect to engine: there is no docker command", { hint: `install Docker, ${other}` });
}

/** Tells whether a Docker daemon answers this machine's client. */
export async function dockerAnswers(): Promise<boolean> {
  return (await dockerVersion()) !== undefined;
}

/** Returns the version of the Docker daemon that answers this machine's client; undefined if none does. */
export async function dockerVersion(): Promise<string | undefined> {
  return await dockerSays(["version", "--format", "{{.Server.Version}}"]);
}

/**
 * Returns the address of the Docker daemon, by `DOCKER_HOST` or the client's current context; undefined without a
 * client.
 */
export async function dockerHost(): Promise<string | undefined> {
  return variable("DOCKER_HOST") ?? (await dockerSays(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]));
}

/** Returns the output of the Docker client; undefined without a client, or if no daemon answers it. */
async function dockerSays(args: readonly string[]): Promise<string | undefined> {
  return run("docker", args, { timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}
