import { FairleadError } from "../../core/errors.ts";
import { type ImageRef, formatImageRepository } from "../../core/image/image.ts";
import type { DockerConfig } from "./file.ts";
import { trimEnd } from "../../core/text/trim.ts";

/** A login in the file itself. The user name of an identity token is empty. */
export interface StoredLogin {
  readonly username: string;
  readonly password: string;
  /** True if it is for less than the whole registry. */
  readonly namespace: boolean;
}

/** Docker Hub's name in Docker's files, and for helpers. */
const dockerHubAddress = "https://index.docker.io/v1/";

/** Returns Docker's name for the image's registry. */
export function serverAddress({ registry }: ImageRef): string {
  return registry === "docker.io" ? dockerHubAddress : registry;
}

/**
 * Returns the login of the most specific key that has one: `ghcr.io/acme/app`, `ghcr.io/acme`, `ghcr.io`.
 * Empty logins, which `docker login` leaves beside a credential store, do not count. Throws `input` for one that cannot
 * be read.
 */
export function findEntry(config: DockerConfig, image: ImageRef): StoredLogin | undefined {
  const keys = Object.keys(config.auths);
  for (let scope = formatImageRepository(image); ; scope = scope.slice(0, scope.lastIndexOf("/"))) {
    for (const key of [scope, ...keys.filter((each) => each !== scope && scopeOf(each) === scope)]) {
      const pair = readEntry(config, key);
      if (pair !== undefined) return { ...pair, namespace: scope !== image.registry };
    }
    if (scope === image.registry) return undefined;
  }
}

/**
 * Returns the helper of the image's registry, or the default one. An empty name is none, not the default one: so a host
 * opts out of it, and its login is in the file itself.
 * https://github.com/docker/cli/blob/master/cli/config/configfile/file.go (`getConfiguredCredentialStore`)
 */
export function findHelper({ credHelpers, credsStore }: DockerConfig, { registry }: ImageRef): string | undefined {
  const keys = Object.keys(credHelpers).filter((each) => scopeOf(each) === registry);
  const key = keys.includes(registry) ? registry : keys[0];
  const helper = key === undefined ? credsStore : credHelpers[key];
  return helper === "" ? undefined : (helper ?? undefined);
}

/** Returns the hosts that a config has logins or helpers for. */
export function configuredHosts({ auths, credHelpers }: DockerConfig): readonly string[] {
  const keys = [...Object.keys(auths), ...Object.keys(credHelpers)];
  return [...new Set(keys.map((key) => scopeOf(key).split("/", 1)[0] ?? ""))].filter((host) => host !== "").sort();
}

/** A URL stands for its host, as Docker reads it. Any other key may be a part of a registry, as Podman reads it. */
function scopeOf(key: string): string {
  const name = trimEnd(key.replace(/^https?:\/\//, ""), "/");
  const scope = name === key && !/\/v[12]$/.test(name) ? name : (name.split("/", 1)[0] ?? "");
  return scope.toLowerCase().replace(/^(index|registry-1)\.docker\.io(?=\/|$)/, "docker.io");
}

function readEntry({ auths, path }: DockerConfig, key: string): Omit<StoredLogin, "namespace"> | undefined {
  const { auth, username, password, identitytoken } = (Object.hasOwn(auths, key) ? auths[key] : undefined) ?? {};
  if (identitytoken) return { username: "", password: identitytoken };
  if (!auth) return username && password ? { username, password } : undefined;
  // Docker sometimes pads the password with zero bytes
  const [, name, secret] = /^([^:]+):([^\0]+)\0*$/s.exec(Buffer.from(auth, "base64").toString()) ?? [];
  if (name !== undefined && secret !== undefined) return { username: name, password: secret };
  throw new FairleadError("input", `read Docker config ${path}: auths → ${key} → auth is not a name and a password in base64`, {
    hint: "repair it, or log in again",
  });
}
