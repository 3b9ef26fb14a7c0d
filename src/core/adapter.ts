import type { AwsAccess } from "./aws/access.ts";
import type { Credential } from "./credential.ts";
import type { Redactor } from "./secret.ts";
import type { Servers } from "./servers.ts";

/** What every adapter is made with. */
export interface AdapterOptions {
  readonly credentials: readonly Credential[];
  readonly servers: Servers;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  readonly delay: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Is told what an adapter is given in confidence: tokens that it asks for itself. */
  readonly redactor: Redactor;
  /** Undefined where no AWS credentials can be found: in a Dagger module, which sees nothing of the machine. */
  readonly aws: AwsAccess | undefined;
}
