import type { ImageRef } from "../core/image/image.ts";
import type { RegistryLogin } from "../core/registry/registry.ts";
import type { Secret } from "../core/secret.ts";
import { openConfig } from "./docker-config/file.ts";
import { askHelper } from "./docker-config/helper.ts";
import { configuredHosts, findEntry, findHelper, serverAddress } from "./docker-config/find.ts";

/** The options of a reader of stored logins. */
export interface DockerConfigOptions {
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  /** Returns a value as a secret that is never shown. */
  readonly secret: (value: string, name: string) => Secret;
}

/** Returns the registries that the Docker config names. Throws `input` for a broken file. */
export async function storedHosts(): Promise<readonly string[]> {
  const config = await openConfig();
  return config === undefined ? [] : configuredHosts(config);
}

/**
 * Returns a function that finds the stored login of an image's registry; undefined if there is none. `docker login`,
 * `podman login` or a credential helper has stored it. The user name of an identity token is empty.
 * Throws `input` for a broken file (without its content) and for a missing helper. Throws `unauthenticated` for a
 * helper that fails, `unavailable` for one that does not end.
 * https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export function createStoredLogin({ signal, secret }: DockerConfigOptions): (image: ImageRef) => Promise<RegistryLogin | undefined> {
  return async (image) => {
    const config = await openConfig();
    if (config === undefined) return undefined;
    const entry = findEntry(config, image);
    const helper = entry?.namespace === true ? undefined : findHelper(config, image);
    if (helper !== undefined) {
      const kept = await askHelper(helper, {
        doing: `log in to ${image.registry}`,
        server: serverAddress(image),
        file: config.path,
        signal,
      });
      if (kept !== undefined) return { username: kept.username, password: secret(kept.password, `docker-credential-${helper}`) };
    }
    return entry && { username: entry.username, password: secret(entry.password, config.path) };
  };
}
