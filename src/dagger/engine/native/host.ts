import { execFile } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { connect } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { HostFacts } from "./needs.ts";
import { places } from "./places.ts";

const run = promisify(execFile);

/**
 * The Debian packages that a started engine needs, each with one program or file that proves it.
 */
const packages: Readonly<Record<string, string>> = {
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  "ca-certificates": "update-ca-certificates",
  "dnsmasq-base": "dnsmasq",
  git: "git",
  iptables: "iptables",
  "openssh-client": "ssh",
  pigz: "pigz",
  ripgrep: "rg",
  "util-linux": "unshare",
};

/** The Debian packages that a build needs beside Go. npm may also come with the Node that runs us. */
const buildPackages: Readonly<Record<string, string>> = {
  "busybox-static": "busybox",
  gcc: "gcc",
  "libc6-dev": "/usr/include/errno.h",
  "libseccomp-dev": "/usr/include/seccomp.h",
  npm: "npm",
  "pkg-config": "pkg-config",
};

/** Returns the facts of this machine. */
export async function readHost(): Promise<HostFacts> {
  const { module, state } = await places();
  const search = `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`;
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    go: await goVersion(module),
    missing: await missingPackages(packages, search),
    missingToBuild: await missingPackages(buildPackages, `${search}${delimiter}${dirname(process.execPath)}`),
    port53: (await Promise.all(["tcp", "tcp6", "udp", "udp6"].map((table) => readFile(`/proc/net/${table}`, "utf8").catch(() => "")))).some(
      listensOn53,
    ),
    buildkit: await answers("/run/buildkit/buildkitd.sock"),
    state,
    fileSystem: await fileSystemOf(state),
    othersMayWrite: await stat(state).then(
      ({ uid, mode }) => uid !== 0 || (mode & 0o022) !== 0,
      () => false, // it is made when the engine starts
    ),
  };
}

/** Returns the version of Go that compiles the module: Go selects its toolchain by go.mod. */
async function goVersion(engineModule: string): Promise<string | undefined> {
  return run("go", ["env", "GOVERSION"], { cwd: engineModule }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

async function missingPackages(needed: Readonly<Record<string, string>>, search: string): Promise<readonly string[]> {
  const folders = search.split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(
    Object.values(needed).map(async (program) => {
      if (program.startsWith("/")) return existsSync(program);
      return (await Promise.all(folders.map((folder) => executable(join(folder, program))))).includes(true);
    }),
  );
  return Object.keys(needed).filter((_, index) => found[index] !== true);
}

function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Tells whether a table of /proc/net has a socket on port 53: a UDP socket, or a TCP one that listens (state 0A).
 * Every address counts, since dnsmasq binds the wildcard address and filters by interface afterwards.
 */
export function listensOn53(table: string): boolean {
  return table.split("\n").some((row) => {
    const [, local = "", , state] = row.trim().split(/\s+/);
    return local.endsWith(":0035") && (state === "0A" || state === "07");
  });
}

/** Returns the type of the file system of a folder, which need not exist yet. */
async function fileSystemOf(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ type }) => type,
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" && folder !== "/" ? fileSystemOf(dirname(folder)) : Promise.reject(error)),
  );
}

/** Tells whether anything answers on a Unix socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
