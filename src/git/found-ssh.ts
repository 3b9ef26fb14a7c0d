import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a person has for SSH. Nothing of it is read by us: `ssh` does. */
export interface FoundSsh {
  /** The socket of their agent. */
  readonly agent: string | undefined;
  /** Files of private keys. */
  readonly keys: readonly string[];
  /** Files of known hosts. */
  readonly knownHosts: readonly string[];
}

/** The files that OpenSSH looks for by itself: https://man.openbsd.org/ssh_config#IdentityFile */
const keyNames = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** Returns the agent, keys and known hosts of the person who runs this. */
export async function findSsh(): Promise<FoundSsh> {
  const folder = join(homedir(), ".ssh");
  const { SSH_AUTH_SOCK: agent = "" } = process.env;
  const [keys, knownHosts] = await Promise.all([
    there(keyNames.map((name) => join(folder, name))),
    there([join(folder, "known_hosts"), "/etc/ssh/ssh_known_hosts"]),
  ]);
  return { agent: agent === "" ? undefined : agent, keys, knownHosts };
}

async function there(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(async (path) => ((await stat(path).catch(() => undefined))?.isFile() === true ? [path] : [])));
  return found.flat();
}
