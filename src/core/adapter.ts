import type { z } from "zod";
import type { Credentials } from "./credentials.ts";
import type { Permission } from "./permission.ts";
import type { Redactor } from "./secret.ts";
import type { ServerUrl } from "./server-url.ts";
import type { Servers } from "./servers.ts";

/**
 * A kind of adapter: all that anybody has to know of it, and how one is made. The lists of kinds are `src/registries`, `src/git-providers`
 * and `src/notifiers`; the configuration, the environment, the Dagger module, the docs and the ports of a run are made from them.
 */
export interface AdapterKind<Adapter, Options, S extends z.ZodType = z.ZodType> {
  /** In lower case, with hyphens between words. */
  readonly name: string;
  /**
   * Schema of `servers.NAME` in fairlead.yaml. Each URL in it is a `serverUrl`. URLs of a mapping are also arguments of the Dagger module's
   * constructor.
   */
  readonly settings?: S;
  readonly environment?: AdapterEnvironment;
  /** Fields of fairlead.yaml that were for this kind, each with what is written now in their place, such as `retention`. */
  readonly formerFields?: readonly (readonly [former: string, now: string])[];
  /** The service's name of each of our permissions. One that is not listed needs no permission there. */
  readonly permissions: PermissionNames;
  /** Returns the adapter of one run. It connects to nothing before it is used. */
  create(options: Options): Adapter;
}

/** Permissions of ours, each with the names that it has elsewhere. */
export type PermissionNames = Readonly<Partial<Record<Permission, readonly string[]>>>;

/** Documented variables of the environment that a kind of adapter reads. */
export interface AdapterEnvironment {
  /** Variable with a token. A run of the listener never inherits it. */
  readonly token?: string;
  /** Variables with settings, by the names of the settings. A run of the listener inherits them. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Returns the settings that the variables' texts stand for, or undefined for none. Throws `input`. By default each text is the setting of its name.
   */
  readonly read?: (texts: Readonly<Partial<Record<string, string>>>) => unknown;
  /**
   * Returns the job of CI in which this process is, by its variables; undefined where it is in none. `read` returns the text of a file that they name,
   * undefined where there is none.
   */
  readonly job?: (env: Readonly<Record<string, string | undefined>>, read: (path: string) => string | undefined) => CiJob | undefined;
  /** Variables by which the machine's own credentials are found. A run of the listener inherits them only if it needs this adapter. */
  readonly credentials?: RegExp;
}

/** A job of CI: what it is about, and its page. */
export interface CiJob {
  /** Such as `github.com/acme/app`. */
  readonly repository: string;
  /** A full SHA. */
  readonly commit: string;
  readonly pullRequest: number | undefined;
  readonly url: string | undefined;
}

/** The options of every adapter. */
export interface AdapterOptions<S = unknown> {
  /** The settings of its own kind; undefined where there are none. Credentials may be sent to their URLs: see `Allowed`. */
  readonly settings: S | undefined;
  readonly credentials: Credentials;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
  /** Waits for some milliseconds, or until the signal is aborted, then it throws. */
  readonly delay: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Tells people who watch about slow work, or a wait. */
  readonly notice: (message: string) => void;
  /** Returns a URL that the adapter found by itself, for credentials to be sent to. Throws `input`, beginning with `doing`, where they may not. */
  readonly allowUrl: (doing: string, text: string) => ServerUrl;
  /** Hosts that are spoken to without TLS, and that may be at a private address though another server sends us there. */
  readonly plainHttp: Servers["plainHttp"];
  /** Is told what an adapter is given in confidence: tokens that it asks for itself. */
  readonly redactor: Redactor;
}
