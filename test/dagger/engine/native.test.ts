import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { FairleadError } from "../../../src/core/errors.ts";
import { listensOn53 } from "../../../src/dagger/engine/native/host.ts";
import { checkHost, needs, type HostFacts } from "../../../src/dagger/engine/native/needs.ts";
import { buildEngine, engineStatus, startEngine, type EngineOptions } from "../../../src/dagger/engine/native.ts";

const enough: HostFacts = {
  platform: "linux",
  uid: 0,
  go: "go1.26.8",
  missing: [],
  missingToBuild: [],
  port53: false,
  buildkit: false,
  state: "/var/lib/fairlead-engine/state",
  fileSystem: 0xef53,
  othersMayWrite: false,
};

const every = Object.keys(needs) as (keyof typeof needs)[];

test("a host that has everything passes every check", () => {
  expect(checkHost(enough, every)).toBeUndefined();
});

test.for<[lack: string, facts: Partial<HostFacts>, error: { code: string; message: string; hint: string }]>([
  [
    "Linux",
    { platform: "darwin" },
    {
      code: "unsupported",
      message: "start engine: a native engine needs Linux, and this is darwin",
      hint: "start Docker, or set FAIRLEAD_ENGINE to the address of a Dagger engine",
    },
  ],
  [
    "root",
    { uid: 1000 },
    {
      code: "forbidden",
      message: "start engine: a native engine needs root, and this is user 1000",
      hint: "run it as root, start the engine as root and join the group of its socket, or set FAIRLEAD_ENGINE to the address of another",
    },
  ],
  [
    "Go",
    { go: undefined },
    {
      code: "not_found",
      message: "compile engine: there is no go command",
      hint: "install Go 1.25 or later from https://go.dev/dl",
    },
  ],
  [
    "a Go that is new enough",
    { go: "go1.19.8" },
    {
      code: "not_found",
      message: "compile engine: go1.19.8 is too old",
      hint: "install Go 1.25 or later from https://go.dev/dl",
    },
  ],
  [
    "Debian packages",
    { missing: ["iptables", "dnsmasq-base"] },
    {
      code: "not_found",
      message: "start engine: programs of iptables, dnsmasq-base are missing",
      hint: "run apt-get install --yes iptables dnsmasq-base",
    },
  ],
  [
    "packages to build with",
    { missingToBuild: ["busybox-static", "libseccomp-dev"] },
    {
      code: "not_found",
      message: "compile engine: programs of busybox-static, libseccomp-dev are missing",
      hint: "run apt-get install --yes busybox-static libseccomp-dev",
    },
  ],
  [
    "port 53",
    { port53: true },
    {
      code: "conflict",
      message: "start engine: port 53 is taken, which the engine's dnsmasq needs on every address",
      hint: "stop what listens on port 53 (for systemd-resolved: DNSStubListener=no in /etc/systemd/resolved.conf)",
    },
  ],
  [
    "BuildKit's socket",
    { buildkit: true },
    {
      code: "conflict",
      message: "start engine: a BuildKit daemon answers on /run/buildkit/buildkitd.sock, which the engine would take over",
      hint: "stop buildkitd, or set FAIRLEAD_ENGINE to the address of a Dagger engine",
    },
  ],
  [
    "a disk",
    { fileSystem: 0x794c7630 },
    {
      code: "input",
      message: "start engine: /var/lib/fairlead-engine/state is on overlay, which cannot hold the engine's layers",
      hint: "set FAIRLEAD_ENGINE_STATE to a folder on a disk (ext4, xfs or btrfs)",
    },
  ],
  [
    "a state folder of its own",
    { othersMayWrite: true },
    {
      code: "input",
      message: "start engine: others may write to /var/lib/fairlead-engine/state, and so put files of theirs into it",
      hint: "set FAIRLEAD_ENGINE_STATE to a folder of its own",
    },
  ],
])("a host that lacks %s is refused with a hint", ([, facts, error]) => {
  expect(thrownBy(() => checkHost({ ...enough, ...facts }, every))).toEqual(error);
});

test.for([
  ["a TCP socket that listens", "   0: 00000000:0035 00000000:0000 0A 00000000:00000000", true],
  ["a UDP socket on one address, as systemd-resolved's", " 573: 3500007F:0035 00000000:0000 07 00000000:00000000", true],
  ["a TCP connection to a name server", "   1: 0200000A:9C4A 08080808:0035 01 00000000:00000000", false],
  ["another port", "   0: 00000000:0350 00000000:0000 0A 00000000:00000000", false],
] as const)("port 53 is taken or free: %s", ([, row, taken]) => {
  const head = "  sl  local_address rem_address   st tx_queue rx_queue";
  expect(listensOn53(`${head}\n${row}\n`)).toBe(taken);
});

afterEach(() => vi.unstubAllEnvs());

const quiet: EngineOptions = { report: () => undefined, signal: new AbortController().signal };

test("two processes that start the engine at once get the same one", async () => {
  const [one, other] = await Promise.all([startEngine(quiet), startEngine(quiet)]);
  const status = await engineStatus();
  const program = await readlink(`/proc/${status.pid}/exe`); // an engine that runs is used, whoever compiled it
  const cli = join(dirname(program), "bin", "dagger");
  expect([one, other]).toEqual(Array(2).fill({ host: "unix:///run/dagger/engine.sock", cli }));
  expect(status).toEqual({
    version: "v0.19.10",
    built: true,
    running: true,
    pid: status.pid,
    runc: "1.3.3",
    plainHttp: status.plainHttp,
    socket: "/run/dagger/engine.sock",
    log: join(status.state, "engine.log"),
    cache: status.cache,
    state: process.env.FAIRLEAD_ENGINE_STATE ?? "/var/lib/fairlead-engine/state",
  });
});

test("an engine that runs is used by a user with another cache, and nothing is compiled there", async () => {
  const { host, cli } = await startEngine(quiet);
  await using caches = await emptyCaches();
  vi.stubEnv("HOME", caches.folder);
  const lines: string[] = [];
  expect(await startEngine({ ...quiet, report: (line) => lines.push(line) })).toEqual({ host, cli });
  expect({ lines, left: await readdir(caches.folder) }).toEqual({ lines: [], left: [] });
});

test("a compiled engine is not compiled again", async () => {
  await buildEngine(quiet);
  const lines: string[] = [];
  const { cache } = await engineStatus();
  expect(await buildEngine({ ...quiet, report: (line) => lines.push(line) })).toEqual({
    engine: join(cache, "engine"),
    dagger: join(cache, "dagger"),
    init: join(cache, "init"),
    dnsname: join(cache, "dnsname"),
    codegen: join(cache, "codegen"),
    runc: join(cache, "runc"),
  });
  expect(lines).toEqual([]);
});

test("a compilation that cannot download its modules fails, and leaves nothing behind", async () => {
  await using caches = await emptyCaches();
  vi.stubEnv("GOPROXY", "off");
  expect(await rejectionOf(buildEngine(quiet))).toEqual({
    code: "unavailable",
    message: expect.stringMatching(/^compile engine: go list ended with 1: .*GOPROXY=off/) as string,
    hint: "check that this machine reaches a Go module proxy (go env GOPROXY)",
  });
  expect(await readdir(join(caches.folder, "fairlead", "engine"))).toEqual([]);
});

test("a running engine is not used for plain HTTP that it was not started with", async () => {
  await startEngine(quiet);
  vi.stubEnv("FAIRLEAD_ENGINE_PLAIN_HTTP", "registry.example.com:5000, 10.0.0.7");
  expect(await rejectionOf(startEngine(quiet))).toEqual({
    code: "conflict",
    message: "start engine: the one that runs was started without plain HTTP to registry.example.com:5000, 10.0.0.7",
    hint: "run fairlead engine stop once nothing builds on it: the next run starts it with what FAIRLEAD_ENGINE_PLAIN_HTTP lists",
  });
});

test("a list of plain-HTTP registries is checked before any work", async () => {
  vi.stubEnv("FAIRLEAD_ENGINE_PLAIN_HTTP", "10.0.0.7:5000,http://registry.example.com");
  expect(await rejectionOf(startEngine(quiet))).toEqual({
    code: "input",
    message: 'start engine: FAIRLEAD_ENGINE_PLAIN_HTTP: "http://registry.example.com" is no registry',
    hint: "list registries as HOST:PORT, separated by commas",
  });
});

test("a compilation without Go fails with a hint", async () => {
  await using caches = await emptyCaches();
  vi.stubEnv("PATH", caches.folder);
  expect(await rejectionOf(buildEngine(quiet))).toEqual({
    code: "not_found",
    message: "compile engine: there is no go command",
    hint: "install Go 1.25 or later from https://go.dev/dl",
  });
});

test("an aborted compilation is canceled, and leaves nothing behind", async () => {
  await using caches = await emptyCaches();
  const abort = new AbortController();
  const report = (): void => abort.abort(); // its first line comes before it compiles
  expect(await rejectionOf(buildEngine({ report, signal: abort.signal }))).toEqual({
    code: "canceled",
    message: "compile engine: canceled",
  });
  expect(await readdir(join(caches.folder, "fairlead", "engine"))).toEqual([]);
});

/** Points our cache and Go's at an empty folder. */
async function emptyCaches(): Promise<AsyncDisposable & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-native-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
  vi.stubEnv("GOMODCACHE", join(folder, "mod"));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function told({ code, message, hint }: FairleadError): object {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

function thrownBy(act: () => void): object | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return told(error as FairleadError);
  }
}

async function rejectionOf(work: Promise<unknown>): Promise<object | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => told(error as FairleadError),
  );
}
