// Installs what the demo and the tests need: npm packages, Debian packages, the native engine. Runs on Node 20, before anything
// is installed, so it is plain JavaScript without dependencies. Says what it is about to do; the second time there is nothing.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const purpose = process.argv[2] ?? "test";
const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const lockRecord = "node_modules/.fairlead-lock";
/** Where the tests and the demo find an engine that is not the native one (test/doubles/engine.ts). */
const engineRecord = ".cache/engine-host";

/** Programs and the Debian packages that bring them. */
const forAll = {
  git: "git",
  ssh: "openssh-client",
  "docker-registry": "docker-registry",
  "/var/lib/dpkg/info/busybox-static.list": "busybox-static",
};
const forNative = {
  iptables: "iptables",
  nft: "nftables",
  dnsmasq: "dnsmasq-base",
  "/usr/lib/cni/bridge": "containernetworking-plugins",
  rg: "ripgrep",
  pigz: "pigz",
  "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
};
/** What compiles the engine's runc. */
const forBuild = {
  gcc: "gcc",
  "/usr/include/errno.h": "libc6-dev",
  "/usr/include/seccomp.h": "libseccomp-dev",
  "pkg-config": "pkg-config",
};
const forTests = {
  sshd: "openssh-server",
  openssl: "openssl",
  skopeo: "skopeo",
  faketime: "faketime",
  "/usr/bin/chromium": "chromium",
  gh: "gh",
  tmux: "tmux",
  "/var/lib/dpkg/info/python3-venv.list": "python3-venv",
};
/** An emulator of AWS, for the tests (test/doubles/ministack.ts has the same version). */
const ministack = "1.5.33";

const docker = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"]).status === 0;
const setting = process.env.FAIRLEAD_ENGINE ?? "auto";
const free = setting === "auto" && !process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST;
const native = setting === "native" || (free && !docker);
const download = native && isThere("go") && !existsSync(join(cache, "fairlead", "engine")) ? downloadGoModules() : undefined;
installNpmPackages();
installDebianPackages({ ...forAll, ...(native ? { ...forNative, ...forBuild } : {}), ...(purpose === "test" ? forTests : {}) });
rmSync(engineRecord, { force: true });
await download;
if (native && !isEngineBuilt()) run("node_modules/.bin/node", ["bin/fairlead.ts", "engine", "build", "--json"]);
if (free && docker) startDockerEngine();
if (purpose === "test") compileTools();
if (purpose === "test") installMinistack();

/** The servers of the tests and the demo are on 127.0.0.1, so their engine has to be on the host's network: the SDK's own is not. */
function startDockerEngine() {
  const name = "fairlead-engine";
  const [, version] = /"(\d[^"]*)"/.exec(readFileSync("node_modules/@dagger.io/dagger/dist/src/provisioning/default.js", "utf8")) ?? [];
  const image = `registry.dagger.io/engine:v${version}`;
  const seen = spawnSync("docker", ["inspect", "--format", "{{.State.Running}} {{.Config.Image}}", name], {
    encoding: "utf8",
  }).stdout.trim();
  if (seen !== `true ${image}`) {
    say(`starting a Dagger engine in Docker, as ${name} on the host's network (the first time, Docker pulls its image)`);
    spawnSync("docker", ["rm", "--force", name]);
    const options = ["--detach", "--name", name, "--privileged", "--network", "host", "--volume", `${name}:/var/lib/dagger`];
    run("docker", ["run", ...options, image]);
  }
  mkdirSync(".cache", { recursive: true });
  writeFileSync(engineRecord, `container://${name}`);
}

/** The Go modules of the engine, while npm and Debian packages are installed. A failure is told by the compilation, which needs them. */
function downloadGoModules() {
  say("downloading the Go modules of the engine meanwhile (1.7 GB on disk)");
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" };
  const child = spawn("go", ["list", "-deps", "tool"], { cwd: "engine", env, stdio: "ignore" });
  return new Promise((resolve) => child.once("close", resolve).once("error", resolve));
}

/** The peers of the tests and benches, which look for them in the same folder (test/tools.ts): its name has the hash of what they are made of. */
function compileTools() {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "registry/main.go"]) hash.update(readFileSync(`test/tools/${file}`));
  const folder = join(cache, "fairlead", "test-tools", hash.digest("hex").slice(0, 16));
  if (existsSync(folder)) return;
  if (!isThere("go")) return say("there is no Go, so crane and regctl are not compiled: the tests that need them are skipped");
  say("compiling crane, regctl and a registry with referrers, once for this machine (half a minute)");
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = `${folder}-${process.pid}`;
  const packages = ["github.com/google/go-containerregistry/cmd/crane", "github.com/regclient/regclient/cmd/regctl", "./registry"];
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" };
  run("go", ["-C", "test/tools", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", `-o=${unfinished}/`, ...packages], env);
  renameSync(unfinished, folder);
}

/** A virtual environment of Debian's own Python, in the folder that test/doubles/ministack.ts looks into. */
function installMinistack() {
  const folder = join(cache, "fairlead", "test-tools", `ministack-${ministack}`);
  if (existsSync(join(folder, "installed"))) return;
  say("installing ministack, an emulator of AWS, into a virtual environment of Python (half a minute)");
  rmSync(folder, { recursive: true, force: true });
  run("/usr/bin/python3", ["-m", "venv", folder]);
  run(join(folder, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", `ministack==${ministack}`]);
  writeFileSync(join(folder, "installed"), "");
}

function isEngineBuilt() {
  const { stdout } = spawnSync("node_modules/.bin/node", ["bin/fairlead.ts", "engine", "status", "--json"], { encoding: "utf8" });
  return stdout.startsWith("{") && JSON.parse(stdout).built === true;
}

function installNpmPackages() {
  const wanted = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  if (existsSync(lockRecord) && readFileSync(lockRecord, "utf8") === wanted) return;
  say("installing npm packages into node_modules (about half a minute)");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(lockRecord, wanted);
}

function installDebianPackages(programs) {
  const missing = Object.keys(programs).filter((program) => !isThere(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => programs[program]);
  if (!isThere("apt-get") || process.getuid?.() !== 0) {
    fail(`install ${packages.join(" ")}: only root on Debian can`, `install what brings ${missing.join(", ")}, then run it again`);
  }
  say(`installing Debian packages: ${packages.join(" ")} (about a minute)`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  run("apt-get", ["update", "-qq"], env);
  run("apt-get", ["install", "--yes", "-qq", "--no-install-recommends", ...packages], env);
}

function isThere(program) {
  if (program.startsWith("/")) return existsSync(program);
  return [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"].some((folder) => existsSync(`${folder}/${program}`));
}

function run(command, args, env = process.env) {
  const quiet = command === "apt-get";
  // What a command prints is its result: what it says meanwhile goes to stderr.
  const stdio = quiet ? "pipe" : ["ignore", "ignore", "inherit"];
  const { status, error, stdout, stderr } = spawnSync(command, args, { env, stdio, encoding: "utf8" });
  if (status === 0) return;
  if (quiet) process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  fail(`run ${command} ${args[0]}: ${error?.message ?? `exit code ${status}`}`, "read what it says above");
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(message, hint) {
  process.stderr.write(`setup: ${message}\nhint: ${hint}\n`);
  process.exit(1);
}
