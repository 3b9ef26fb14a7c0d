import type { ImageRef } from "../image/image.ts";
import type { RegistryLogin } from "./registry.ts";

/** How a registry takes us. Nothing of what is tried stays there. All methods throw as the registry answers. */
export interface RegistryProbe {
  /** Asks without a login, and returns how the registry is spoken to. Throws `unavailable` when it cannot be reached, `unsupported` when it is none. */
  reach(image: ImageRef): Promise<"https" | "http">;
  /** Returns the login that the registry asked for and took; undefined where it lets everybody in. */
  logIn(image: ImageRef): Promise<RegistryLogin | undefined>;
  /** Tells whether the repository is there. Throws when it may not be read. */
  pull(image: ImageRef): Promise<boolean>;
  /** Tells whether the registry mounts blobs; undefined where the repository has none to try it with. */
  mount(image: ImageRef): Promise<boolean | undefined>;
}
