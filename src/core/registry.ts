import type { ImageRef } from "./image.ts";
import type { Secret } from "./secret.ts";

/** What a registry wants to see before it lets somebody in. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: Secret;
}

/** The port to what one kind of registry has of its own. Pushing is Dagger's, moving manifests is `Images`'. */
export interface Registry {
  readonly name: string;
  serves(host: string): boolean;
  /** Returns the login for the image's registry; undefined means anonymous, which is no error. */
  login(image: ImageRef): Promise<RegistryLogin | undefined>;
}
