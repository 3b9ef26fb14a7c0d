import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { variable } from "./environment.ts";

const run = promisify(execFile);

/** Tells whether a Docker daemon answers this machine's client. */
export async function dockerAnswers(): Promise<boolean> {
  return (await dockerSays(["version", "--format", "{{.Server.Version}}"])) !== undefined;
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
