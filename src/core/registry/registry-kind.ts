import type { z } from "zod";
import type { AdapterKind, AdapterOptions } from "../adapter.ts";
import type { ImageRef } from "../image/image.ts";
import type { Json } from "../json.ts";
import type { Permission } from "../permission.ts";
import type { RunScope } from "../scope.ts";
import type { Allowed } from "../server-url.ts";
import type { RegistryAdapter, RegistryCapabilities, RegistryIdentity, RegistryLogin } from "./registry.ts";

/** A kind of registry. */
export interface RegistryKind<S extends z.ZodType = z.ZodType> extends AdapterKind<
  RegistryAdapter,
  RegistryOptions<Allowed<z.output<S>>>,
  S
> {
  readonly capabilities: RegistryCapabilities;
  /** Fields that it adds to every pipeline that touches a registry. */
  readonly fields?: z.ZodRawShape;
  /** Tells whether it serves a host. `gitProvider` returns the name of the Git provider behind a host. */
  serves(host: string, settings: z.output<S> | undefined, gitProvider: (host: string) => string | undefined): boolean;
  /** Returns where the API of a host is. By default it is at the host itself. */
  endpoint?(host: string): string;
  readonly policies?: RegistryPolicies<z.output<S>>;
}

/** Access policies that the provider of a registry lets one write: `doctor` prints them. */
export interface RegistryPolicies<S = unknown> {
  /** Fields of `doctor` that say for whom they are. */
  readonly fields: z.ZodRawShape;
  /** Returns the policies that let somebody do this. Nothing is asked of the provider. */
  list(ask: PolicyAsk<S>): readonly NeededPolicy[];
}

/** The question for which a policy is made: the image, the permissions and the identity. */
export interface PolicyAsk<S = unknown> {
  readonly image: ImageRef;
  readonly permissions: readonly Permission[];
  /** Values of the kind's fields and of its policies'. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Our current identity; undefined if unknown. */
  readonly identity: RegistryIdentity | undefined;
  readonly settings: S | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A policy, and what to do with it. */
export interface NeededPolicy {
  readonly title: string;
  readonly advice: string;
  readonly policy: Json;
}

/** The options of a registry's adapter. */
export interface RegistryOptions<S = unknown> extends AdapterOptions<S> {
  /** Returns the login that the run was given for the image. Throws `input` for a password without a user name. */
  readonly givenLogin: (image: ImageRef) => RegistryLogin | undefined;
  /** Returns the login that the Docker config of this machine, or its credential helper, has for the image's registry. */
  readonly storedLogin: (image: ImageRef) => Promise<RegistryLogin | undefined>;
  /** The scope of the run. Its input has the kind's own fields alone. */
  readonly scope: RunScope;
  /** True in a Dagger module, which sees nothing of the machine: there are no credentials of its own to be found. */
  readonly inModule: boolean;
}
