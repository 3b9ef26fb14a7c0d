import { execFile } from "node:child_process";
import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";

/** A question to a credential helper. */
export interface HelperQuestion {
  /** The beginning of an error message: `log in to ghcr.io`. */
  readonly doing: string;
  /** Docker's name for the registry. */
  readonly server: string;
  /** The config that names the helper. */
  readonly file: string;
  readonly signal: AbortSignal;
}

/** Timeout in milliseconds: a helper may ask a vault over the network. */
const patience = 60_000;
const longestAnswer = 1024 * 1024;
/** The output of a helper that does not know the registry: the protocol has no code for it. */
const notFound = "credentials not found in native keychain";
const answer = z.object({ Username: z.string(), Secret: z.string() });

/**
 * The variables of our environment that a helper may see: for programs, keys, sessions, clouds. No secrets of a run.
 */
const passedOn =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_.*|XDG_.*|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|GPG_TTY|GNUPGHOME|PASSWORD_STORE_.*|DOCKER_CONFIG|AWS_.*|AZURE_.*|CLOUDSDK_.*|GOOGLE_.*|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|SYSTEMROOT|APPDATA|USERPROFILE)$/i;

/**
 * Asks `docker-credential-NAME`. Returns its login; undefined if it has none. The user name of an identity token is
 * empty.
 * https://github.com/docker/docker-credential-helpers#development
 */
export async function askHelper(name: string, question: HelperQuestion): Promise<{ username: string; password: string } | undefined> {
  const { doing, file } = question;
  const program = `docker-credential-${name}`;
  if (!/^[\w.+-]+$/.test(name)) {
    throw new FairleadError("input", `${doing}: ${file} names a credential helper whose name is not a program's`, { hint: "repair it" });
  }
  const { error, output } = await run(program, question);
  if (error !== null && output.trim() === notFound) return undefined;
  if (error !== null) throw failure(program, question, error);
  const { Username, Secret } = read(program, doing, output);
  if (Secret === "") return undefined;
  return { username: Username === "<token>" ? "" : Username, password: Secret };
}

type HelperFailure = Error & { readonly code?: number | string | null; readonly killed?: boolean };

function run(program: string, { server, signal }: HelperQuestion): Promise<{ error: HelperFailure | null; output: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => passedOn.test(variable)));
  return new Promise((resolve) => {
    const options = { env, signal, timeout: patience, maxBuffer: longestAnswer, killSignal: "SIGKILL" } as const;
    const child = execFile(program, ["get"], options, (error, output) => resolve({ error, output }));
    child.stdin?.on("error", () => undefined); // a helper that does not read has ended, and its exit says why
    child.stdin?.end(server);
  });
}

/** The output of the helper is left out: it may have printed the secret before it failed. */
function failure(program: string, { doing, file, server, signal }: HelperQuestion, error: HelperFailure): FairleadError {
  if (signal.aborted) return new FairleadError("canceled", `${doing}: stopped`, { cause: signal.reason });
  if (error.code === "ENOENT") {
    return new FairleadError("input", `${doing}: ${file} names ${program}, which is not there`, {
      hint: `install ${program}, or log in again without it`,
    });
  }
  const hint = `run it by itself to see why: echo ${server} | ${program} get`;
  if (error.killed === true) return new FairleadError("unavailable", `${doing}: ${program} did not end in ${patience / 1000} s`, { hint });
  return new FairleadError("unauthenticated", `${doing}: ${program} failed (${error.code ?? "killed"})`, { hint });
}

function read(program: string, doing: string, output: string): z.output<typeof answer> {
  try {
    return answer.parse(JSON.parse(output));
  } catch {
    throw new FairleadError("unsupported", `${doing}: ${program} answered something that is not a login`);
  }
}
