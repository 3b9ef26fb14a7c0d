import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readFile, rm, rmdir, stat, statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { FairleadError } from "../core/errors.ts";

const run = promisify(execFile);

/** What matters about the machine before an engine is compiled or started on it. */
export interface HostFacts {
  readonly platform: string;
  readonly uid: number | undefined;
  /** What `go env GOVERSION` says, such as `go1.26.8`; undefined where there is no Go. */
  readonly go: string | undefined;
  /** Debian packages of which a program is missing. */
  readonly missing: readonly string[];
  /** True where anything listens on port 53, on any address. */
  readonly port53: boolean;
  /** True where a BuildKit daemon answers on its default socket. */
  readonly buildkit: boolean;
  /** The state folder, and the type of the file system that it is on, as in statfs(2). */
  readonly state: string;
  readonly fileSystem: number;
}

/** The oldest Go that compiles the engine: the `go` line of engine/go.mod. */
const oldestGo = [1, 25] as const;

/** Each Debian package that a started engine needs, with one program that proves it. The first two have fixed paths. */
const packages: Readonly<Record<string, string>> = {
  runc: "/usr/sbin/runc",
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

/** File systems (magic numbers of statfs(2)) that cannot hold the upper layer of the engine's own overlay mounts. */
const unfit: ReadonlyMap<number, string> = new Map([
  [0x794c7630, "overlay"],
  [0x01021994, "tmpfs"],
]);

/** Each need of the host: it returns the error to throw where the facts do not meet it. */
export const needs = {
  platform: ({ platform }: Pick<HostFacts, "platform">) =>
    platform === "linux"
      ? undefined
      : new FairleadError("unsupported", `start engine: a native engine needs Linux, and this is ${platform}`, {
          hint: "start Docker, or set FAIRLEAD_ENGINE to the address of a Dagger engine",
        }),
  root: ({ uid }: Pick<HostFacts, "uid">) =>
    uid === 0
      ? undefined
      : new FairleadError("forbidden", `start engine: a native engine needs root, and this is user ${String(uid)}`, {
          hint: "run it as root, or set FAIRLEAD_ENGINE to the address of a Dagger engine",
        }),
  go: ({ go }: Pick<HostFacts, "go">) => {
    const hint = `install Go ${oldestGo.join(".")} or later from https://go.dev/dl`;
    if (go === undefined) return new FairleadError("not_found", "compile engine: there is no go command", { hint });
    const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(go) ?? []).map(Number);
    const fits = major > oldestGo[0] || (major === oldestGo[0] && minor >= oldestGo[1]);
    return fits ? undefined : new FairleadError("not_found", `compile engine: ${go} is too old`, { hint });
  },
  packages: ({ missing }: Pick<HostFacts, "missing">) =>
    missing.length === 0
      ? undefined
      : new FairleadError("not_found", `start engine: programs of ${missing.join(", ")} are missing`, {
          hint: `run apt-get install --yes ${missing.join(" ")}`,
        }),
  port53: ({ port53 }: Pick<HostFacts, "port53">) =>
    port53
      ? new FairleadError("conflict", "start engine: port 53 is taken, which the engine's dnsmasq needs on every address", {
          hint: "stop what listens on port 53 (for systemd-resolved: DNSStubListener=no in /etc/systemd/resolved.conf)",
        })
      : undefined,
  buildkit: ({ buildkit }: Pick<HostFacts, "buildkit">) =>
    buildkit
      ? new FairleadError(
          "conflict",
          "start engine: a BuildKit daemon answers on /run/buildkit/buildkitd.sock, which the engine would take over",
          {
            hint: "stop buildkitd, or set FAIRLEAD_ENGINE to the address of a Dagger engine",
          },
        )
      : undefined,
  fileSystem: ({ state, fileSystem }: Pick<HostFacts, "state" | "fileSystem">) =>
    unfit.has(fileSystem)
      ? new FairleadError("input", `start engine: ${state} is on ${String(unfit.get(fileSystem))}, which cannot hold the engine's layers`, {
          hint: "set FAIRLEAD_ENGINE_STATE to a folder on a disk (ext4, xfs or btrfs)",
        })
      : undefined,
} satisfies Record<string, (facts: HostFacts) => FairleadError | undefined>;

/** Throws the first of these needs that the host does not meet, as a FairleadError. */
export function checkHost(facts: HostFacts, which: readonly (keyof typeof needs)[]): void {
  for (const need of which) {
    const error = needs[need](facts);
    if (error !== undefined) throw error;
  }
}

/** Returns the facts of this machine. `search` is the PATH; `engineModule` is where Go picks its toolchain by go.mod. */
export async function readHost(options: { state: string; search: string; engineModule: string; buildkit: boolean }): Promise<HostFacts> {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    go: await goVersion(options.engineModule),
    missing: await missingPackages(`${options.search}${delimiter}/usr/sbin${delimiter}/sbin`),
    port53: (await Promise.all(["tcp", "tcp6", "udp", "udp6"].map((table) => readFile(`/proc/net/${table}`, "utf8").catch(() => "")))).some(
      listensOn53,
    ),
    buildkit: options.buildkit,
    state: options.state,
    fileSystem: await fileSystemOf(options.state),
  };
}

async function goVersion(engineModule: string): Promise<string | undefined> {
  return run("go", ["env", "GOVERSION"], { cwd: engineModule }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

async function missingPackages(search: string): Promise<readonly string[]> {
  const folders = search.split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(
    Object.values(packages).map(async (program) => {
      const candidates = program.startsWith("/") ? [program] : folders.map((folder) => join(folder, program));
      return (await Promise.all(candidates.map(executable))).includes(true);
    }),
  );
  return Object.keys(packages).filter((_, index) => found[index] !== true);
}

function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Tells whether a table of /proc/net has a socket bound to port 53 on any address: a UDP socket, or a TCP one that listens (state 0A).
 * Every address counts, since dnsmasq binds the wildcard address and filters by interface afterwards.
 */
export function listensOn53(table: string): boolean {
  return table.split("\n").some((row) => {
    const [, local = "", , state] = row.trim().split(/\s+/);
    return local.endsWith(":0035") && (state === "0A" || state === "07");
  });
}

/** The type of the file system on which a folder is, or would be once made. */
async function fileSystemOf(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ type }) => type,
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" && folder !== "/" ? fileSystemOf(dirname(folder)) : Promise.reject(error)),
  );
}

/** Removes what an engine leaves on the host when it ended or was killed: its dnsmasq, bridge, iptables rules, sockets and files. Layers in the state folder stay. */
export async function cleanHost(state: string): Promise<void> {
  await endContainers(state).catch(ignore); // without runc there are no containers either
  await endDnsmasq();
  await run("ip", ["link", "delete", "dagger0"]).catch(ignore);
  await removeRules().catch(ignore); // without iptables there are no rules either
  const left = [
    "/run/dagger/engine.sock",
    "/run/buildkit/buildkitd.sock",
    "/run/containers/cni/dnsname/dagger",
    "/var/lib/cni/networks/dagger",
  ];
  await Promise.all([...left, "/run/fairlead"].map((path) => rm(path, { recursive: true, force: true })));
  const resolv = "/etc/dnsmasq-resolv.conf"; // an empty file onto which the engine bound the host's resolv.conf
  if ((await stat(resolv).catch(ignore))?.size === 0) await rm(resolv);
  for (const folder of left.flatMap((path) => [dirname(path), dirname(dirname(path))])) {
    if (folder.split("/").length > 2) await rmdir(folder).catch(ignore); // only where it is empty now
  }
}

/** Ends what the engine was running: a container lives on without it, even when the engine was asked to stop. */
async function endContainers(state: string): Promise<void> {
  const { stdout } = await run("runc", ["list", "--format", "json"]);
  const containers = (JSON.parse(stdout) ?? []) as readonly { readonly id: string; readonly bundle: string }[];
  const ours = containers.filter(({ bundle }) => bundle.startsWith(join(state, "worker", "executor")));
  for (const { id } of ours) await run("runc", ["delete", "--force", id]).catch(ignore);
}

/** Ends the dnsmasq of a killed engine: it lives on, holds port 53, and with the engine's mount namespace its network namespaces too. */
async function endDnsmasq(): Promise<void> {
  const folder = "/run/containers/cni/dnsname/dagger";
  const pid = Number(await readFile(join(folder, "pidfile"), "utf8").catch(ignore));
  const command = (): Promise<string> => readFile(`/proc/${String(pid)}/cmdline`, "utf8").catch(() => "");
  while (pid > 0 && (await command()).includes(`--conf-file=/var${folder}/dnsmasq.conf`)) {
    process.kill(pid, "SIGKILL");
    await delay(20);
  }
}

/** Deletes the rules and chains that CNI made for the network `dagger`, and the chains of CNI's firewall plugin once nobody uses them. */
async function removeRules(): Promise<void> {
  const nat = await rules("nat");
  for (const rule of nat.filter((words) => words[1] === "POSTROUTING" && words.some((word) => word.startsWith('name: "dagger" ')))) {
    const chain = rule.at(-1) ?? "";
    await iptables("nat", ["-D", ...rule.slice(1)]);
    await iptables("nat", ["-F", chain]);
    await iptables("nat", ["-X", chain]);
  }
  const filter = await rules("filter");
  const forwards = filter.filter((words) => words[0] === "-A" && words[1] === "CNI-FORWARD" && words.at(-1) !== "CNI-ADMIN");
  const ours = forwards.filter((words) => words.some((word) => word.startsWith("10.87.")));
  for (const rule of ours) await iptables("filter", ["-D", ...rule.slice(1)]);
  const used = forwards.length > ours.length || filter.some((words) => words[0] === "-A" && words[1] === "CNI-ADMIN");
  const jump = filter.find((words) => words[1] === "FORWARD" && words.at(-1) === "CNI-FORWARD");
  if (used || jump === undefined) return;
  await iptables("filter", ["-D", ...jump.slice(1)]);
  await iptables("filter", ["-F", "CNI-FORWARD"]);
  await iptables("filter", ["-X", "CNI-FORWARD"]);
  await iptables("filter", ["-X", "CNI-ADMIN"]);
}

/** The rules of a table as `iptables -S` prints them, each split into its words, without the quotes. */
async function rules(table: string): Promise<readonly (readonly string[])[]> {
  const printed = await iptables(table, ["-S"]);
  return printed
    .split("\n")
    .map((line) => (line.match(/"(?:\\.|[^"])*"|\S+/g) ?? []).map((word) => (word.startsWith('"') ? String(JSON.parse(word)) : word)));
}

async function iptables(table: string, args: readonly string[]): Promise<string> {
  return (await run("iptables", ["--wait", "-t", table, ...args])).stdout;
}

function ignore(): undefined {
  return undefined;
}
