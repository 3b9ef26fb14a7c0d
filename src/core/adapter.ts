import type { Credential } from "./credential.ts";
import type { Servers } from "./servers.ts";

/** What every adapter is made with. */
export interface AdapterOptions {
  readonly credentials: readonly Credential[];
  readonly servers: Servers;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
}
