import { z } from "zod";
import type { AdapterKind, AdapterOptions } from "./core/adapter.ts";
import { FairleadError } from "./core/errors.ts";
import type { GitProvider, GitProviderKind } from "./core/git/provider.ts";
import type { Notifier } from "./core/notify/notifier.ts";
import type { Registry } from "./core/registry/registry.ts";
import type { RegistryKind, RegistryOptions } from "./core/registry/registry-kind.ts";
import type { FieldMeta } from "./core/run/input.ts";
import { allowSettings, allowUrl, urlProblems } from "./core/server-url.ts";
import type { Servers } from "./core/servers.ts";
import { gitProviders } from "./git-providers/index.ts";
import { notifiers } from "./notifiers/index.ts";
import { registries } from "./registries/index.ts";

/** All kinds of adapters, by port. Whoever has to know which there are asks here. */
export const adapters = { gitProviders, notifiers, registries } as const;

type AnyKind = AdapterKind<unknown, never>;

/** All kinds, of every port. */
export const adapterKinds: readonly AnyKind[] = [...gitProviders, ...notifiers, ...registries];

/** Finds the kind that is behind a host. */
export interface KindFinder {
  gitProvider(host: string): GitProviderKind | undefined;
  registry(host: string): RegistryKind;
}

/** Returns what finds kinds where the servers are these. */
export function kindsAt({ settings }: Servers): KindFinder {
  const gitProvider: KindFinder["gitProvider"] = (host) => gitProviders.find((kind) => kind.serves(host, settings[kind.name]));
  return {
    gitProvider,
    registry(host) {
      const kind = registries.find((each) => each.serves(host, settings[each.name], (server) => gitProvider(server)?.name));
      return kind ?? nobody(`use registry ${host}`);
    },
  };
}

/** Returns the user name beside a token for a host or a repository. What kind of server it is need not be known. */
export function tokenUsername(resource: string, kinds: KindFinder): string {
  return kinds.gitProvider(resource.split("/", 1)[0] ?? "")?.tokenUsername ?? "git";
}

/** The default of a field that is the token of one of these kinds: its variable of the environment, or the configuration's credentials. */
export function tokenDefault(kinds: readonly AdapterKind<unknown, never>[]): NonNullable<FieldMeta["byDefault"]> {
  const variables = kinds.flatMap(({ environment }) => environment?.token ?? []);
  return { "command line": `${variables.join(", ")} of the environment`, listener: "credentials of fairlead.yaml" };
}

/** Fields that kinds of registries add to every pipeline that touches one. No pipeline reads them: they are the adapters' own. */
export const registryFields: Readonly<Record<never, z.ZodType>> = Object.assign(
  {},
  ...registries.map(({ fields = {} }) => fields),
) as object;

/** Returns the settings of a mapping that are URLs, by their names. */
export function urlSettings({ settings }: AnyKind): readonly (readonly [name: string, sentence: string])[] {
  if (!(settings instanceof z.ZodObject)) return [];
  const shape = settings.shape as Readonly<Record<string, z.ZodType>>;
  return Object.entries(shape).flatMap(([name, type]) => {
    const inner = type instanceof z.ZodOptional ? type.unwrap() : type;
    return inner instanceof z.ZodURL ? [[name, type.description ?? ""] as const] : [];
  });
}

/** Throws `input` where the settings of a kind name a URL that no credential may be sent to, or are no settings of it. */
export function checkServers(servers: Servers): void {
  for (const kind of adapterKinds) allowSettings(kind, servers.settings[kind.name], servers);
}

/** Returns why credentials may not be sent to URLs of settings that were read, each with its path below `servers`. */
export function serverProblems({ settings, plainHttp }: Servers): readonly { readonly path: readonly string[]; readonly why: string }[] {
  return adapterKinds.flatMap((kind) =>
    urlProblems(kind.settings, settings[kind.name], { plainHttp }).map(({ path, why }) => ({ path: [kind.name, ...path], why })),
  );
}

/** The ports to the adapters of one run. */
export interface OpenAdapters {
  /** Undefined where no kind serves the host. */
  readonly gitProvider: (host: string) => GitProvider | undefined;
  /** Throws `unsupported` for a name that no kind has. */
  readonly notifier: (name: string) => Notifier;
  readonly registry: (host: string) => Registry;
}

/** Returns an adapter of each kind. Each is given the settings of its own kind, and of the run's input the fields of its own kind. */
export function openAdapters(
  kinds: KindFinder,
  servers: Servers,
  common: Omit<RegistryOptions, "settings" | "allowUrl" | "plainHttp">,
): OpenAdapters {
  const { credentials, signal, delay, notice, redactor } = common;
  const ofKind = (kind: AnyKind): AdapterOptions => ({
    credentials,
    signal,
    delay,
    notice,
    redactor,
    allowUrl: (doing, text) => allowUrl(doing, text, servers),
    plainHttp: servers.plainHttp,
    settings: allowSettings(kind, servers.settings[kind.name], servers),
  });
  const providers = new Map(
    gitProviders.map((kind) => {
      const { name, tokenUsername: username, words } = kind;
      return [kind, { ...kind.create(ofKind(kind)), name, tokenUsername: username, words }];
    }),
  );
  const named = new Map(notifiers.map((kind) => [kind.name, kind.create(ofKind(kind))]));
  const own = new Map(
    registries.map((kind) => {
      const { name, capabilities, fields = {} } = kind;
      const input = Object.fromEntries(Object.keys(fields).map((field) => [field, common.scope.input[field]]));
      return [kind, { ...kind.create({ ...common, ...ofKind(kind), scope: { ...common.scope, input } }), name, capabilities }];
    }),
  );
  return {
    gitProvider: (host) => found(providers, kinds.gitProvider(host)),
    notifier: (name) => named.get(name) ?? nobody(`use notifier ${name}`),
    registry: (host) => found(own, kinds.registry(host)) ?? nobody(`use registry ${host}`),
  };
}

function found<K, V>(map: ReadonlyMap<K, V>, key: K | undefined): V | undefined {
  return key === undefined ? undefined : map.get(key);
}

function nobody(doing: string): never {
  throw new FairleadError("unsupported", `${doing}: nothing here serves it`);
}

/** Tells whether a name is that of a kind of notifier: such a key of `credentials` in fairlead.yaml is no host. */
export function isNotifier(name: string): boolean {
  return adapters.notifiers.some((kind) => kind.name === name);
}
