import type { ImageRef } from "../core/image/image.ts";
import type { RegistryLogin } from "../core/registry/registry.ts";
import type { Secret } from "../core/secret.ts";
import { openConfig } from "./docker-config/file.ts";
import { askHelper } from "./docker-config/helper.ts";
import { findEntry, findHelper, serverAddress } from "./docker-config/find.ts";

/** What a reader of stored logins needs. */
export interface DockerConfigOptions {
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  /** Returns a value as a secret that is shown nowhere. */
  readonly secret: (value: string, name: string) => Secret;
}

/**
 * Returns what tells the login that `docker login`, `podman login` or a credential helper left for an image's registry; undefined
 * where none did. It throws `input` for a file that is broken, without what is in it, and for a helper that is not there,
 * `unauthenticated` for a helper that fails, `unavailable` for one that does not end. The user name of an identity token is empty.
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
