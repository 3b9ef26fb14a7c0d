import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { FairleadError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";

/** An ssh-agent that holds one key. Disposing of it ends it. */
export interface SshAgent extends AsyncDisposable {
  readonly socket: string;
}

/**
 * Starts an ssh-agent for one key and this run: the key is on no disk and in no argument.
 * `folder` is for its socket, and open to nobody else. Throws `input` if the key is malformed or has a passphrase.
 * https://man.openbsd.org/ssh-agent
 */
export async function startSshAgent(key: Secret, folder: string): Promise<SshAgent> {
  const socket = join(folder, "agent");
  // The agent ends with its command, and cat ends with our end of its pipe: nothing is left, even if we are killed.
  const holder = spawn("ssh-agent", ["-a", socket, "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat'], {
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const agent = Number(await firstLine(holder));
  const end = async (): Promise<void> => {
    process.kill(agent, "SIGTERM");
    holder.stdin.end();
    if (holder.exitCode === null) await once(holder, "exit");
  };
  try {
    await addKey(key, socket);
  } catch (error) {
    await end();
    throw error;
  }
  return { socket, [Symbol.asyncDispose]: end };
}

async function firstLine(holder: ChildProcess): Promise<string> {
  const [printed] = (await Promise.race([
    once(holder.stdout as NodeJS.ReadableStream, "data"),
    once(holder, "exit").then(() => Promise.reject(new FairleadError("internal", "start ssh-agent: it ended at once"))),
  ]).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new FairleadError("unsupported", "start ssh-agent: it is not installed", { hint: "install OpenSSH's client" });
  })) as [Buffer];
  return printed.toString();
}

async function addKey(key: Secret, socket: string): Promise<void> {
  const value = await key.reveal();
  const adding = spawn("ssh-add", ["-q", "-"], {
    // A passphrase is never asked for: the program that would ask prints nothing.
    env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket, SSH_ASKPASS: "false", SSH_ASKPASS_REQUIRE: "force", LC_ALL: "C" },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = once(adding, "close") as Promise<[number | null]>;
  adding.stdin.on("error", () => undefined); // it may end before it has read all: its exit code says so
  adding.stdin.end(`${value.trimEnd()}\n`); // OpenSSH reads no key without its last newline
  const [code] = await ended;
  if (code === 0) return;
  throw new FairleadError("input", `load SSH key ${key.name}: it is not a private key, or it has a passphrase`, {
    hint: "name a private key without a passphrase, in OpenSSH's format, such as a deploy key",
  });
}
