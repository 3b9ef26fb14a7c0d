// An App that a person makes at a browser. What the provider tells once is kept before anything else is done.
import { createHash, randomBytes } from "node:crypto";
import { inputError } from "../../src/core/errors.ts";
import type { ListenerConfig } from "../config.ts";
import type { ConfigFile } from "./config-file.ts";
import { keptIdentity } from "./known-app.ts";
import { openVisit } from "./loopback.ts";
import { eventsOf, needsOf, permissionsOf } from "./needs.ts";
import type { AppSecrets, Sink } from "./sink/sink.ts";
import { unreachable } from "./unreachable.ts";
import type { AppWorld } from "./world.ts";

/** An App whose secrets are kept. */
export interface MadeApp {
  readonly secrets: AppSecrets;
  readonly name: string;
  readonly owner: string;
  /** True where the provider may not know the secret that proves deliveries: telling it again changes nothing. */
  readonly provesHook: boolean;
}

/** Goes on with an App that an earlier run has made, and not written into the configuration. */
export async function takeUp(secrets: AppSecrets, world: AppWorld): Promise<MadeApp> {
  const { name, owner } = await world.provider.own(keptIdentity(secrets, world)).read();
  return { secrets, name, owner, provesHook: true };
}

/** What an App is made of. */
export interface Making {
  readonly world: AppWorld;
  readonly organization: string | undefined;
  readonly name: string | undefined;
  /** The port of the page; undefined for any that is free. */
  readonly port: number | undefined;
  /** Shows a page to the person. */
  readonly show: (url: string) => Promise<AsyncDisposable | undefined>;
  readonly file: ConfigFile;
  readonly sink: Sink;
  readonly base: string;
}

/** Has the App made by a person. All that can fail without the provider has been tried before the page opens; what it tells once is kept at once. */
export async function makeApp({ world, organization, name: given, port, show, file, sink, base }: Making): Promise<MadeApp> {
  const { provider, place, host, redactor, notice } = world;
  const name = given ?? nameFor(organization, base).slice(0, provider.longestName);
  if (name.length > provider.longestName) {
    const message = `it is longer than ${provider.longestName} characters`;
    throw inputError("app", [{ field: "name", message }], "give a shorter one");
  }
  await sink.prepare();
  await file.prepare();
  const planned = file.edited({ id: 1, name, owner: organization ?? "acme", references: sink.references, world });
  const pathKey = randomBytes(32).toString("hex");
  redactor.add(pathKey);
  const [permissions, events] = [permissionsOf(needsOf(planned.config, place)), eventsOf(planned.config, place)];
  const hook = `${withPath(base, planned.config)}/hook/${createHash("sha256").update(pathKey).digest("hex")}`;
  await using visit = await openVisit({
    port,
    offer: (back, state) => ({
      ...{ host, name, owner: organization, events },
      form: provider.form({ host, name, organization, homepage: new URL(base).origin, hook, back, state, permissions, events }),
      permissions: [...permissions].map(([permission, level]) => `${permission}: ${level}`),
    }),
    async take(code) {
      const made = await provider.convert(host, code);
      const webhookSecret = made.webhookSecret ?? randomBytes(32).toString("hex");
      for (const secret of [made.key, webhookSecret]) redactor.add(secret);
      const secrets = { id: made.id, key: made.key, webhookSecret, pathKey };
      await sink.write(secrets);
      return { secrets, made };
    },
    next: ({ made }) => provider.installPage(made),
    notice,
  });
  await using _page = await show(visit.url);
  warnOfUrl(world, base);
  const { secrets, made } = await abortable(visit.taken, world.signal).catch((error: unknown) => {
    if (world.signal.aborted && visit.visited()) notice(orphan(host, provider.settingsPage(host, organization)));
    throw error;
  });
  return { secrets, name: made.name, owner: made.owner, provesHook: made.webhookSecret === undefined };
}

/** A server of one's own may be in the same network as the listener. */
function warnOfUrl({ server, host, warn }: AppWorld, base: string): void {
  const why = server === undefined ? unreachable(base) : undefined;
  if (why !== undefined) warn(`${host} cannot reach a listener at ${base}: ${why}: give the --url by which the internet reaches it`);
}

/** Whoever agrees at the provider when nobody waits any more makes an App whose key nobody gets. */
function orphan(host: string, page: string): string {
  return `if you have created the App at ${host} meanwhile, nobody has its key: delete it on the page of your Apps, ${page}`;
}

/** The listener's own path counts where the URL has none. */
export function withPath(base: string, { listen }: Pick<ListenerConfig, "listen">): string {
  return new URL(base).pathname === "/" ? `${base}${listen.path}` : base;
}

function nameFor(organization: string | undefined, base: string): string {
  return `fairlead-${organization ?? new URL(base).hostname.replaceAll(".", "-")}`;
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
