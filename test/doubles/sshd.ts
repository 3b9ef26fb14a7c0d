/** Git over SSH: Debian's sshd, which lets one generated key run Git below one folder and nothing else. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort, startChild } from "./child.ts";
import { createFolder, createRunning, loopback, type Place, type Running } from "./server.ts";

export interface SshServer extends Omit<Running, "url"> {
  /** In OpenSSH's format: write it to a file that only its owner can read. */
  readonly privateKey: string;
  /** The line of `known_hosts` for this server. */
  readonly knownHosts: string;
  /** `ssh://USER@HOST/owner/name.git`. */
  url(repository: string): string;
}

/** Serves the bare repositories `root/owner/name.git` (bare.ts makes them). */
export async function startSshServer(root: string, { address = loopback }: Place = {}): Promise<SshServer> {
  await using stack = new AsyncDisposableStack();
  const folder = await createFolder(stack, "sshd");
  await Promise.all(
    ["host", "client"].map((name) =>
      promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "fairlead", "-f", join(folder, name)]),
    ),
  );
  await writeFile(join(folder, "command"), forcedCommand(root), { mode: 0o700 });
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true }); // sshd confines itself in it; the script of its service makes it too
  const port = await startOnFreePort(stack, folder, address);
  const { username } = userInfo();
  const host = `${address}:${port}`;
  const [privateKey, hostKey] = await Promise.all([readFile(join(folder, "client"), "utf8"), readFile(join(folder, "host.pub"), "utf8")]);
  return {
    ...createRunning(host, stack.move()),
    url: (repository: string) => `ssh://${username}@${host}/${repository}.git`,
    privateKey,
    knownHosts: `[${address}]:${port} ${hostKey}`,
  };
}

/** sshd does not take port 0. */
async function startOnFreePort(stack: AsyncDisposableStack, folder: string, address: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort(address);
    await writeFile(join(folder, "sshd_config"), configure(folder, address, port));
    try {
      await startChild(stack, "/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], {
        log: join(folder, "log"),
        ready: /Server listening on /,
      });
      return port;
    } catch (error) {
      if (attempt === 5 || !String(error).includes("Address already in use")) throw error;
    }
  }
}

/** https://man.openbsd.org/sshd_config; `StrictModes` would refuse keys below the world-writable /tmp. */
function configure(folder: string, address: string, port: number): string {
  return Object.entries({
    ListenAddress: address,
    Port: port,
    HostKey: join(folder, "host"),
    AuthorizedKeysFile: join(folder, "client.pub"),
    AuthenticationMethods: "publickey",
    PermitRootLogin: "prohibit-password",
    ForceCommand: join(folder, "command"),
    AcceptEnv: "GIT_PROTOCOL",
    StrictModes: "no",
    UsePAM: "no",
    DisableForwarding: "yes",
    PermitTTY: "no",
    PidFile: "none",
    LogLevel: "VERBOSE",
  })
    .map(([key, value]) => `${key} ${value}\n`)
    .join("");
}

/** Allows only Git's two requests, for a path below `root`. */
function forcedCommand(root: string): string {
  return `#!/bin/sh
refuse() { echo "fatal: $1" >&2; exit 128; }
command=\${SSH_ORIGINAL_COMMAND%% *}
path=\${SSH_ORIGINAL_COMMAND#* }
path=\${path#\\'}; path=\${path%\\'}
case $command in git-upload-pack | git-receive-pack) ;; *) refuse 'only Git is served here' ;; esac
case $path in *..* | *\\'*) refuse "'$path' is not a repository" ;; esac
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
exec "$command" '${root.replaceAll("'", String.raw`'\''`)}'/"\${path#/}"
`;
}
