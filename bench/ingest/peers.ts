import { createHash } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { plainEnvironment, runCommand } from "../measure.ts";
import { secret, startServer, type Server } from "./server.ts";

const programs = join(import.meta.dirname, "../peers/ingest");
/** The folder of Debian's unpacked packages: installed, they would start services of their own. */
const unpacked = join(import.meta.dirname, "../../.cache/bench-ingest");

/** Installs the peers: npm's packages, and two of Debian's. The first time takes some ten seconds. */
export async function setUpPeers(): Promise<void> {
  await installNpmPackages();
  for (const [name, program] of Object.entries(debian)) if (!existsSync(program)) await unpack(name);
}

/** Returns a push of GitHub's, as JSON: one commit on `master` of `Codertocat/Hello-World`. */
export function examplePush(): string {
  type Examples = readonly { readonly name: string; readonly examples: readonly { readonly ref?: string }[] }[];
  const all = createRequire(join(programs, "package.json"))("@octokit/webhooks-examples") as Examples;
  const push = all.find(({ name }) => name === "push")?.examples.find(({ ref }) => ref === "refs/heads/master");
  return JSON.stringify(push);
}

/** Programs, by the packages that have them. */
const debian = {
  nginx: join(unpacked, "nginx/usr/sbin/nginx"),
  webhook: join(unpacked, "webhook/usr/bin/webhook"),
};

async function installNpmPackages(): Promise<void> {
  const [record, lock] = [join(programs, "node_modules/.lock"), await readFile(join(programs, "package-lock.json"))];
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (existsSync(record) && (await readFile(record, "utf8")) === wanted) return;
  console.error("installing the peers from npm");
  // npm has its settings, such as a proxy, from this machine's user
  await runCommand({ program: "npm", args: ["ci", "--prefix", programs, "--ignore-scripts", "--no-audit", "--no-fund"], env: process.env });
  await writeFile(record, wanted);
}

async function unpack(name: string): Promise<void> {
  console.error(`unpacking Debian's ${name}`);
  const folder = join(unpacked, name);
  await mkdir(folder, { recursive: true });
  const script =
    'cd "$0" && rm -f *.deb && { apt-get download "$1" || { apt-get update -qq && apt-get download "$1"; }; } && dpkg-deb -x *.deb .';
  await runCommand({ program: "sh", args: ["-c", script, folder, name], env: { ...process.env, LC_ALL: "C" } });
}

/** Starts a peer, and returns the URL for pushes. */
export type StartPeer = (stack: AsyncDisposableStack, folder: string) => Promise<Server>;

/** Returns the peer that is a program of bench/peers/ingest. */
export function nodePeer(name: string, path = "/api/github/webhooks"): StartPeer {
  return (stack, folder) =>
    startServer(stack, {
      path,
      log: join(folder, `${name}.log`),
      command: (port) =>
        Promise.resolve({
          program: process.execPath,
          args: [join(programs, `${name}.mjs`)],
          env: { ...plainEnvironment(), PORT: String(port), SECRET: secret, NODE_ENV: "production" },
        }),
    });
}

/** nginx that answers every request: the cost of HTTP alone. */
export const nginx: StartPeer = (stack, folder) =>
  startServer(stack, {
    path: "/",
    log: join(folder, "nginx.log"),
    async command(port) {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) => `${each}_temp_path ${folder}/nginx-${each};`);
      const server = `server { listen 127.0.0.1:${port}; keepalive_requests 100000000; location / { return 202; } }`;
      const http = `access_log off; ${temporary.join(" ")} ${server}`;
      const file = join(folder, "nginx.conf");
      await writeFile(file, `daemon off; worker_processes 1; pid ${folder}/nginx.pid; events {} http { ${http} }`);
      return { program: debian.nginx, args: ["-e", "stderr", "-p", folder, "-c", file] };
    },
  });

/** adnanh/webhook that runs `true` for each push. It answers before that has ended. */
export const adnanh: StartPeer = (stack, folder) =>
  startServer(stack, {
    path: "/hooks/push",
    log: join(folder, "webhook.log"),
    async command(port) {
      const proof = { type: "payload-hmac-sha256", secret, parameter: { source: "header", name: "X-Hub-Signature-256" } };
      const hook = { id: "push", "execute-command": "/bin/true", "success-http-response-code": 202, "trigger-rule": { match: proof } };
      const file = join(folder, "hooks.json");
      await writeFile(file, JSON.stringify([hook]));
      return { program: debian.webhook, args: ["-hooks", file, "-ip", "127.0.0.1", "-port", String(port)] };
    },
  });

/** Returns the measured versions. */
export async function versions(): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(join(programs, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const npm = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  // apt names a file NAME_VERSION_ARCHITECTURE.deb
  const packages = Object.keys(debian).flatMap((name) => globSync("*.deb", { cwd: join(unpacked, name) }));
  return [...npm, ...packages.map((file) => `Debian's ${decodeURIComponent(file).split("_").slice(0, 2).join(" ")}`)].join(", ");
}
