import { setTimeout as sleep } from "node:timers/promises";
import { kindsAt, tokenUsername } from "../src/adapters.ts";
import type { AdapterOptions } from "../src/core/adapter.ts";
import { tokenSources, type Credential } from "../src/core/credential.ts";
import { createCredentials, type Credentials } from "../src/core/credentials.ts";
import { givenLogin } from "../src/core/registry/registry.ts";
import type { RegistryOptions } from "../src/core/registry/registry-kind.ts";
import type { AccessOptions } from "../src/git/access.ts";
import { createRedactor } from "../src/core/secret.ts";
import { allowUrl } from "../src/core/server-url.ts";
import { publicServers, type Servers } from "../src/core/servers.ts";

/** Returns the port to tokens that a run was given by flags, where the servers are everybody's or these. */
export function credentialsOf(credentials: readonly Credential[] = [], servers: Servers = publicServers): Credentials {
  const usernameFor = (resource: string): string => tokenUsername(resource, kindsAt(servers));
  return createCredentials(tokenSources("flag", credentials), { now: Date.now, usernameFor });
}

type Differing<Options> = Partial<Omit<Options, "credentials">> & { readonly credentials?: readonly Credential[] };

/** Returns what an adapter is made with, for a run that nobody stops and that has no settings. */
export function adapterOptions<S>({ credentials, settings, ...options }: Differing<AdapterOptions<S>> = {}): AdapterOptions<S> {
  const delay = (milliseconds: number, signal: AbortSignal): Promise<void> => sleep(milliseconds, undefined, { signal });
  const allow: AdapterOptions["allowUrl"] = (doing, text) => allowUrl(doing, text, publicServers);
  const { plainHttp } = publicServers;
  const common = {
    signal: new AbortController().signal,
    redactor: createRedactor(),
    delay,
    notice: () => undefined,
    allowUrl: allow,
    plainHttp,
  };
  return { settings, credentials: credentialsOf(credentials), ...common, ...options };
}

/** Returns what a registry's adapter and the wire are made with, on a machine that keeps no logins. */
export function registryOptions<S>({ credentials = [], ...options }: Differing<RegistryOptions<S>> = {}): RegistryOptions<S> & {
  readonly servers: Servers;
} {
  return {
    ...adapterOptions({ credentials, settings: options.settings }),
    servers: publicServers,
    givenLogin: (image) => givenLogin(credentials, image),
    storedLogin: () => Promise.resolve(undefined),
    scope: { session: "fairlead-run-1", images: [], hosts: [], needs: [], input: {} },
    inModule: false,
    ...options,
  };
}

/** Returns what Git is made with: keys and known hosts apart from tokens. */
export function gitOptions(credentials: readonly Credential[], options: { readonly signal?: AbortSignal } = {}): AccessOptions {
  return {
    ...adapterOptions({ credentials, ...options }),
    ssh: credentials.filter(({ kind }) => kind !== "token"),
    authorities: () => undefined,
  };
}
