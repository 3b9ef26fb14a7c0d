import { FairleadError } from "../../../core/errors.ts";

/** The facts about the machine that matter before an engine is compiled or started on it. */
export interface HostFacts {
  readonly platform: string;
  readonly uid: number | undefined;
  /** The output of `go env GOVERSION`, such as `go1.26.8`; undefined without Go. */
  readonly go: string | undefined;
  /** Debian packages with a missing program. */
  readonly missing: readonly string[];
  /** The same, for the packages that a build needs. */
  readonly missingToBuild: readonly string[];
  /** True where anything listens on port 53, on any address. */
  readonly port53: boolean;
  /** True where a BuildKit daemon answers on its default socket. */
  readonly buildkit: boolean;
  /** The state folder, and the type of the file system that it is on, as in statfs(2). */
  readonly state: string;
  readonly fileSystem: number;
  /** True where the state folder is another user's, or anybody but root may write to it. */
  readonly othersMayWrite: boolean;
}

/** The oldest Go that compiles the engine: the `go` line of engine/go.mod. */
const oldestGo = [1, 25] as const;

/** File systems (magic numbers of statfs(2)) that cannot hold the upper layer of the engine's own overlay mounts. */
const unfit: ReadonlyMap<number, string> = new Map([
  [0x794c7630, "overlay"],
  [0x01021994, "tmpfs"],
]);

/** The needs of an engine. Each returns the error to throw if the facts do not meet it. */
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
          hint: "run it as root, start the engine as root and join the group of its socket, or set FAIRLEAD_ENGINE to the address of another",
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
  buildPackages: ({ missingToBuild }: Pick<HostFacts, "missingToBuild">) =>
    missingToBuild.length === 0
      ? undefined
      : new FairleadError("not_found", `compile engine: programs of ${missingToBuild.join(", ")} are missing`, {
          hint: `run apt-get install --yes ${missingToBuild.join(" ")}`,
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
  privateState: ({ state, othersMayWrite }: Pick<HostFacts, "state" | "othersMayWrite">) =>
    othersMayWrite
      ? new FairleadError("input", `start engine: others may write to ${state}, and so put files of theirs into it`, {
          hint: "set FAIRLEAD_ENGINE_STATE to a folder of its own",
        })
      : undefined,
} satisfies Record<string, (facts: HostFacts) => FairleadError | undefined>;

/** Throws a FairleadError for the first of these needs that the host does not meet. */
export function checkHost(facts: HostFacts, which: readonly (keyof typeof needs)[]): void {
  for (const need of which) {
    const error = needs[need](facts);
    if (error !== undefined) throw error;
  }
}
