import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AwsAccess } from "./core/aws/access.ts";
import type { Credential } from "./core/credential.ts";
import type { Ports } from "./core/run/ports.ts";
import type { RunOptions } from "./core/run/run-options.ts";
import { FairleadError } from "./core/errors.ts";
import { memoryJournal } from "./core/run/journal.ts";
import type { RegistryOptions } from "./core/registry/registry.ts";
import type { Report } from "./core/run/report.ts";
import type { Redactor } from "./core/secret.ts";
import type { Servers } from "./core/servers.ts";
import type { DaggerSession } from "./dagger/engine/connect.ts";
import { createGit } from "./git.ts";
import { gitProviders } from "./git-providers/index.ts";
import { notifiers } from "./notifiers/index.ts";
import { createProviderGit, preferSigned } from "./provider-git.ts";
import { createStoredLogin } from "./registries/docker-config.ts";
import { registries } from "./registries/index.ts";
import { createImages } from "./registries/oci.ts";
import { environmentCredentials, environmentServers, secretValue } from "./secrets.ts";

/** What a door says about the run that it starts. */
export interface RunSettings {
  readonly dryRun: boolean;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  /** `auto`, `docker`, `native` or the address of an engine; without it, `FAIRLEAD_ENGINE`, then `auto`. */
  readonly engine?: string | undefined;
  /** True within a Dagger module, which sees nothing of the machine: there is no `git` and no SSH, and no AWS credentials and no Docker config are looked for. */
  readonly inModule?: boolean | undefined;
  /** Servers that are not where everybody's are, before those that the environment names. */
  readonly servers?: Partial<Servers> | undefined;
  /** Credentials beside those of the input, before those of the environment. */
  readonly credentials?: readonly Credential[] | undefined;
  /** Of a run that outlives its process. Without it, the run is a new one, and forgotten at its end. */
  readonly lasting?: Pick<RunOptions, "id" | "began" | "journal" | "pause"> | undefined;
}

/** A run that has what it needs. Disposing of it ends what it started: sessions, agents, temporary folders. */
export interface OpenRun extends AsyncDisposable {
  readonly options: RunOptions;
}

/** Returns a run whose ports are real. Nothing is connected before it is used. */
export function openRun(settings: RunSettings): OpenRun {
  const cleanUp = new AsyncDisposableStack();
  const dagger = lazyDagger(settings, cleanUp);
  const servers = { ...environmentServers(), ...settings.servers };
  const inherited = environmentCredentials(servers, settings.redactor);
  const { inModule = false, signal, redactor, credentials: given = [], lasting } = settings;
  const stored = createStoredLogin({ signal, secret: (value, name) => secretValue(value, name, redactor) });
  const storedLogin: typeof stored = inModule ? () => Promise.resolve(undefined) : stored;
  return {
    options: {
      ...settings,
      ...(lasting ?? { id: randomUUID(), began: new Date(), journal: memoryJournal() }),
      now: () => new Date(),
      delay,
      servers,
      ports(credentials, aws) {
        if (inModule) refuseRole(aws);
        const own = { credentials: [...inherited, ...given, ...credentials], servers, storedLogin, delay, aws: inModule ? undefined : aws };
        return openPorts({ ...settings, ...own, inModule }, dagger, cleanUp);
      },
    },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}

type PortOptions = RegistryOptions & { readonly inModule: boolean };

function openPorts(options: PortOptions, dagger: Ports["dagger"], cleanUp: AsyncDisposableStack): Ports {
  const own = registries.map((make) => make(options));
  const providers = gitProviders.map((make) => make(options));
  const facts = { credentials: options.credentials, providers };
  const named = notifiers.map((make) => make(options));
  const registry: Ports["registry"] = (host) => pick(own, (each) => each.serves(host), `use registry ${host}`);
  return {
    dagger,
    registry,
    images: createImages({ ...options, login: (image) => registry(image.registry).login(image) }),
    git: options.inModule ? createProviderGit(facts) : preferSigned(cleanUp.use(createGit(options)), facts),
    gitProvider: (host) => pick(providers, (each) => each.serves(host), `use Git provider ${host}`),
    notifier: (name) => pick(named, (each) => each.name === name, `use notifier ${name}`),
  };
}

/** A role is assumed by somebody, and nobody is there. */
function refuseRole({ role }: AwsAccess): void {
  if (role === undefined) return;
  throw new FairleadError("unsupported", `assume ${role}: a Dagger module has no AWS credentials`, {
    hint: 'give registryUsername AWS, and as registryPassword what "aws ecr get-login-password" prints: --registry-password=cmd://…',
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

function pick<T>(list: readonly T[], fits: (each: T) => boolean, doing: string): T {
  const found = list.find(fits);
  if (found === undefined) throw new FairleadError("unsupported", `${doing}: nothing here serves it`);
  return found;
}

async function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}
