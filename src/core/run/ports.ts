import type { Client } from "@dagger.io/dagger";
import type { Git } from "../git/git.ts";
import type { GitProvider } from "../git/provider.ts";
import type { Images } from "../registry/images.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { Registry } from "../registry/registry.ts";

/** The ways to the outside world, for one set of credentials. */
export interface Ports {
  readonly images: Images;
  readonly git: Git;
  registry(host: string): Registry;
  /** Returns the provider behind a host. Throws `unsupported` when none of the list serves it. */
  gitProvider(host: string): GitProvider;
  /** Returns the notifier of a name. Throws `unsupported` when the list has none. */
  notifier(name: string): Notifier;
  /** Runs `use` with an engine's client, connected on first use. What goes wrong there is a FairleadError that begins with `doing`. */
  dagger<T>(doing: string, use: (dag: Client) => Promise<T>): Promise<T>;
}
