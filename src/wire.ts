import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { kindsAt, openAdapters, tokenUsername, type KindFinder } from "./adapters.ts";
import { appSources } from "./app-sources.ts";
import { tokenSources, type Credential } from "./core/credential.ts";
import { createCredentials, type Credentials } from "./core/credentials.ts";
import { FairleadError } from "./core/errors.ts";
import type { Repository } from "./core/git/repository.ts";
import { givenLogin } from "./core/registry/registry.ts";
import type { RegistryOptions } from "./core/registry/registry-kind.ts";
import { memoryJournal } from "./core/run/journal.ts";
import type { Ports } from "./core/run/ports.ts";
import type { Report } from "./core/run/report.ts";
import type { RunOptions } from "./core/run/run-options.ts";
import type { Redactor } from "./core/secret.ts";
import type { Servers } from "./core/servers.ts";
import type { DaggerSession } from "./dagger/engine/connect.ts";
import { environmentCredentials, openServers } from "./environment.ts";
import { createFolders, createGit, findSsh, foundTokenSources, gitVersion } from "./git.ts";
import { authoritiesOfGit, openNetwork, readNetwork } from "./network.ts";
import { createProviderGit, preferSigned } from "./provider-git.ts";
import { createStoredLogin, storedHosts } from "./registries/docker-config.ts";
import { createImages } from "./registries/oci.ts";
import { secretValue } from "./secrets.ts";

export { gitVersion, storedHosts };

/** The settings of a run that its entry point chooses. */
export interface RunSettings {
  readonly dryRun: boolean;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  /** `auto`, `docker`, `native` or the address of an engine; without it, `FAIRLEAD_ENGINE`, then `auto`. */
  readonly engine?: string | undefined;
  /** True within a Dagger module, which sees nothing of the machine: there is no `git` and no SSH, and no credentials of the machine are looked for. */
  readonly inModule?: boolean | undefined;
  /** Servers that are not where everybody's are, before those that the environment names. */
  readonly servers?: Partial<Servers> | undefined;
  /** True to use the credentials that the person who runs it has for the hosts of the input: those of `gh`, Git's helpers and SSH (default: false). */
  readonly findCredentials?: boolean | undefined;
  /** Hosts of the input for which none of those is looked for, as nobody has typed them. */
  readonly untypedHosts?: readonly string[] | undefined;
  /** Credentials beside those of the input, before those of the environment. */
  readonly credentials?: readonly Credential[] | undefined;
  /** Returns the environments of a configuration that come before one of them. */
  readonly earlier?: RunOptions["earlier"];
  /** Of a run that outlives its process. Without it, the run is a new one, and forgotten at its end. */
  readonly lasting?: Pick<RunOptions, "id" | "began" | "resumed" | "once" | "journal" | "pause"> | undefined;
}

/** A run that has what it needs. Disposing of it ends what it started: sessions, agents, temporary folders. */
export interface OpenRun extends AsyncDisposable {
  readonly options: RunOptions;
}

/** Returns a run whose ports are real. Nothing is connected before it is used. Throws `input` for a server that no credential may be sent to. */
export function openRun(settings: RunSettings): OpenRun {
  const cleanUp = new AsyncDisposableStack();
  const dagger = lazyDagger(settings, cleanUp);
  const servers = openServers(settings.servers ?? {}, settings.redactor);
  const network = readNetwork(servers);
  openNetwork(network);
  const { inModule = false, findCredentials = false, untypedHosts = [], signal, redactor, report, lasting } = settings;
  const notice = (message: string): void => report({ type: "notice", message });
  for (const message of network.warnings) report({ type: "warning", message });
  const stored = createStoredLogin({ signal, secret: (value, name) => secretValue(value, name, redactor) });
  const storedLogin: typeof stored = inModule ? () => Promise.resolve(undefined) : stored;
  const origins = { env: environmentCredentials(servers, redactor), file: settings.credentials ?? [] };
  return {
    options: {
      ...settings,
      ...(lasting ?? { id: randomUUID(), began: new Date(), resumed: false, journal: memoryJournal() }),
      now,
      delay,
      servers,
      ports: (flag, scope) =>
        openPorts(
          {
            origins: { ...origins, flag },
            authorities: network.certificates,
            signal,
            notice,
            redactor,
            servers,
            storedLogin,
            scope,
            inModule,
            findCredentials,
            untypedHosts,
          },
          dagger,
          cleanUp,
        ),
    },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}

interface PortOptions extends Pick<RegistryOptions, "signal" | "notice" | "redactor" | "storedLogin" | "scope" | "inModule"> {
  readonly origins: Readonly<Record<"env" | "file" | "flag", readonly Credential[]>>;
  readonly servers: Servers;
  readonly authorities: readonly string[];
  readonly findCredentials: boolean;
  readonly untypedHosts: readonly string[];
}

function openPorts(options: PortOptions, dagger: Ports["dagger"], cleanUp: AsyncDisposableStack): Ports {
  const { origins, servers, authorities, signal, notice, redactor, inModule, findCredentials, untypedHosts } = options;
  const kinds = kindsAt(servers);
  const all = [...origins.env, ...origins.file, ...origins.flag];
  const credentials = openCredentials(options, kinds, cleanUp);
  const common = { credentials, signal, delay, notice, redactor };
  const { gitProvider, notifier, registry } = openAdapters(kinds, servers, {
    ...common,
    ...options,
    givenLogin: (image) => givenLogin(all, image),
  });
  const images = { ...common, servers, endpoint: (host: string) => kinds.registry(host).endpoint?.(host) ?? host };
  const ssh = all.filter(({ kind }) => kind === "ssh-key" || kind === "known-hosts");
  const git = {
    ...common,
    ssh,
    ...(findCredentials && {
      findSsh: async ({ host }: Pick<Repository, "host">) => (untypedHosts.includes(host) ? undefined : await findSsh()),
    }),
    authorities: () => authoritiesOfGit(authorities),
    provider: gitProvider,
  };
  return {
    dagger,
    registry,
    images: createImages({ ...images, login: (image) => registry(image.registry).login(image) }),
    git: inModule ? createProviderGit(git) : preferSigned(cleanUp.use(createGit(git)), git),
    gitProvider(host) {
      const found = gitProvider(host);
      if (found === undefined) throw new FairleadError("unsupported", `use Git provider ${host}: nothing here serves it`);
      return found;
    },
    notifier,
  };
}

function openCredentials(options: PortOptions, kinds: KindFinder, cleanUp: AsyncDisposableStack): Credentials {
  const { origins, servers, scope, signal, redactor, notice, findCredentials, untypedHosts } = options;
  const apps = { kinds, servers, scope, signal, redactor, notice, delay, now: () => now().getTime() };
  const given = (["env", "file", "flag"] as const).flatMap((by) => [
    ...tokenSources(by, origins[by]),
    ...appSources(by, origins[by], apps),
  ]);
  const found = findCredentials
    ? foundTokenSources({
        hosts: scope.hosts.filter(({ host }) => !untypedHosts.includes(host)),
        commandFor: (host) => kinds.gitProvider(host)?.tokenCommand?.(host),
        newFolder: createFolders(cleanUp),
        signal,
        secret: (value, name) => secretValue(value, name, redactor),
        notice,
      })
    : [];
  return createCredentials([...found, ...given], {
    now: () => now().getTime(),
    usernameFor: (resource) => tokenUsername(resource, kinds),
  });
}

/** The engine is found, or started, when the first value is asked for; all of a run share one session. */
function lazyDagger({ engine, report, signal }: RunSettings, cleanUp: AsyncDisposableStack): Ports["dagger"] {
  let session: Promise<DaggerSession> | undefined;
  const open = async (): Promise<DaggerSession> => {
    const { connectDagger } = await import("./dagger/engine/connect.ts");
    const opened = await connectDagger({
      engine,
      signal,
      report: (line) => report({ type: "notice", message: `engine: ${line}` }),
      log: (line) => report({ type: "log", line }),
      instruction: report,
    }).catch((error: unknown) => {
      report({ type: "engine", connected: false });
      throw error;
    });
    report({ type: "engine", connected: true });
    cleanUp.defer(() => opened.close());
    return opened;
  };
  return async (doing, use) => await (await (session ??= open())).use(doing, use);
}

function now(): Date {
  return new Date();
}

async function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}
