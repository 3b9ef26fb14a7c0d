/** A real OCI registry: Debian's docker-registry on a folder. https://distribution.github.io/distribution/about/configuration/ */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { startChild } from "./child.ts";
import { createFolder, createRunning, loopback, type Place, type Running } from "./server.ts";
import type { TokenServer } from "./token-server.ts";
import { toolPath } from "../tools.ts";

export interface RegistryOptions extends Place {
  /** Names and passwords. Without any, everybody may read and write. */
  readonly users?: Readonly<Record<string, string>> | undefined;
  /** Accepts only the tokens of this server. */
  readonly tokens?: TokenServer | undefined;
  /** Refuses every push (405, `UNSUPPORTED`). */
  readonly readOnly?: boolean | undefined;
  /** Refuses layers that are kept at URLs. */
  readonly refuseLayerUrls?: boolean | undefined;
  /** Serves this folder and keeps it: for a second, read-only registry over the content of a first. */
  readonly folder?: string | undefined;
}

export interface Registry extends Running {
  /** The folder of its blobs and manifests. */
  readonly folder: string;
}

/** Starts a registry that speaks plain HTTP and can delete. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  await using stack = new AsyncDisposableStack();
  const home = await createFolder(stack, "registry");
  const folder = options.kept?.folder ?? options.folder ?? join(home, "content");
  const configuration = join(home, "config.yml");
  await writeFile(configuration, JSON.stringify(await configure(home, folder, options))); // JSON is YAML
  const ready = await startChild(stack, "docker-registry", ["serve", configuration], {
    log: join(home, "log"),
    ready: /listening on [^"\s]*?:(\d+)/,
  });
  const host = `${options.address ?? loopback}:${ready[1]}`;
  await (await fetch(`http://${host}/v2/`)).arrayBuffer();
  return { ...createRunning(host, stack.move()), folder };
}

/** Starts go-containerregistry's registry, in memory: it serves the referrers API, which Debian's does not. Needs Go (test/tools.ts). */
export async function startReferrersRegistry(): Promise<Running> {
  await using stack = new AsyncDisposableStack();
  const home = await createFolder(stack, "registry");
  const [, host = ""] = await startChild(stack, toolPath("registry"), [], { log: join(home, "log"), ready: /listening on (\S+:\d+)/ });
  return createRunning(host, stack.move());
}

async function configure(
  home: string,
  folder: string,
  { users, tokens, readOnly = false, refuseLayerUrls = false, address = loopback, port = 0, kept }: RegistryOptions,
): Promise<object> {
  const lines = await Promise.all(Object.entries(users ?? {}).map(async ([name, password]) => `${name}:${await hash(password)}\n`));
  await writeFile(join(home, "htpasswd"), lines.join(""));
  return {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: folder },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false }, readonly: { enabled: readOnly } },
    },
    http: { addr: `${address}:${kept?.port ?? port}`, secret: randomBytes(16).toString("hex") },
    // layers with external URLs: https://distribution.github.io/distribution/about/configuration/#validation
    validation: { manifests: { urls: refuseLayerUrls ? { deny: ["."] } : { allow: ["^https://"] } } },
    ...(tokens && {
      auth: { token: { realm: tokens.url, service: tokens.service, issuer: tokens.issuer, rootcertbundle: tokens.certificate } },
    }),
    ...(users && { auth: { htpasswd: { realm: "registry", path: join(home, "htpasswd") } } }),
  };
}

/** The registry accepts only bcrypt. Perl is on every Debian, and calls the C library's crypt(3), which has it. */
async function hash(password: string): Promise<string> {
  const perl = spawn("perl", ["-e", 'local $/; print crypt(<STDIN>, $ARGV[0]) // ""', `$2b$04$${randomBytes(11).toString("hex")}`]);
  perl.stdin.end(password);
  const [result] = await Promise.all([text(perl.stdout), once(perl, "close")]);
  if (!result.startsWith("$2b$")) throw new Error("hash password: perl's crypt has no bcrypt");
  return result;
}
