// An App for a listener, from nothing to its first token. Whatever ends it, running it again goes on where it was.
import type { AppFacts, AppIdentity, AppInstallation, OwnApp } from "../../src/core/git/app-provider.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { missingIgnore } from "../../src/git/missing-ignore.ts";
import type { Examination } from "../../src/doctor/registry.ts";
import { secureBaseUrl } from "../base-url.ts";
import { examineInstallation } from "./checks.ts";
import { openConfigFile } from "./config-file.ts";
import { installationOf, patient, waitForInstallation } from "./installation.ts";
import { identityOf, insteadOf, keptIdentity, knownApp, usesApp, writtenSource, type KnownApp, type WrittenSource } from "./known-app.ts";
import { makeApp, takeUp, withPath } from "./make.ts";
import { needsOf } from "./needs.ts";
import type { AppSecrets, Sink } from "./sink/sink.ts";
import { openAppWorld, type AppSession, type AppWorld } from "./world.ts";

/** What is wanted. */
export interface CreateOptions {
  /** The URL by which the provider reaches the listener. */
  readonly url: string;
  readonly organization: string | undefined;
  readonly name: string | undefined;
  /** The port of the page that starts it; undefined for any that is free. */
  readonly port: number | undefined;
  /** The path of the configuration, which need not be there. */
  readonly config: string;
  /** Returns where the secrets go, for a kind of provider. */
  readonly sink: (kind: string) => Sink;
  /** Shows a page to the person. */
  readonly show: (url: string) => Promise<AsyncDisposable | undefined>;
  /** False to end once the App is there. */
  readonly wait: boolean;
}

/** What came of it. */
export interface CreatedApp {
  readonly app: { readonly id: number; readonly slug: string; readonly url: string };
  readonly installation: { readonly id: number } | null;
  /** The files that this run has written. */
  readonly written: readonly string[];
  readonly source: WrittenSource | null;
  /** Where people install it. */
  readonly installPage: string;
  /** What has to be done with the secrets, as an imperative. */
  readonly handOver: string | undefined;
  readonly examination: Examination;
}

/** Returns the App of a configuration, which is made where there is none. */
export async function createApp(session: AppSession, options: CreateOptions): Promise<CreatedApp> {
  const base = secureBaseUrl("app", options.url, "");
  const file = await openConfigFile(options.config);
  const world = openAppWorld(file.config, session);
  const sink = options.sink(world.place.kind.name);
  const left = await sink.read();
  const known = file.config === undefined ? undefined : knownApp(file.config, world, { hint: oneEach });
  if (left !== undefined && known !== undefined && isOther(left, known)) throw otherApp(options.config, known.id, left.id);
  if (known !== undefined)
    return await install(world, { ...options, base }, left === undefined ? identityOf(known, world) : keptIdentity(left, world), []);
  const made = left === undefined ? await makeApp({ ...options, world, file, sink, base }) : await takeUp(left, world);
  const own = keptIdentity(made.secrets, world);
  if (left !== undefined) assertOwner(sink.place, options.organization, made);
  if (made.provesHook) await patient(world.provider.own(own), world).setHookSecret(made.secrets.webhookSecret);
  const source = await file.write({ id: made.secrets.id, name: made.name, owner: made.owner, references: sink.references, world });
  await warnOfGit(sink, world);
  const others = (file.config?.sources ?? []).filter(({ receiver }) => receiver === world.place.receiver).map(({ name }) => name);
  if (others.length > 0)
    world.notice(`routes of source ${others.join(", ")} stay as they are: write ${source} there to start them by the App`);
  return await install(world, { ...options, base }, own, [...(left === undefined ? sink.written : []), options.config]);
}

const oneEach = "name another configuration with --config: each listener has an App of its own";

/** Whoever commits all files would publish the secrets. Of a folder, one file stands for all. */
async function warnOfGit({ written: [path] }: Sink, { signal, warn }: AppWorld): Promise<void> {
  const missing = path === undefined ? undefined : await missingIgnore(path, signal);
  if (missing !== undefined) warn(`${path} has secrets, and Git does not ignore it: write ${missing.line} into ${missing.file}`);
}

/** A client ID does not tell which number it is. */
function isOther({ id }: AppSecrets, known: KnownApp): boolean {
  return /^\d+$/.test(known.id) && Number(known.id) !== id;
}

function otherApp(config: string, named: string, found: number): FairleadError {
  return new FairleadError("conflict", `create App: ${config} has App ${named}, and App ${found} is where the secrets go`, {
    hint: "give each listener a configuration, a place for secrets and an App of its own",
  });
}

async function install(
  world: AppWorld,
  { config, base, organization, wait, show, sink }: CreateOptions & { readonly base: string },
  identity: AppIdentity,
  written: readonly string[],
): Promise<CreatedApp> {
  const asked = world.provider.own(identity);
  const own = written.length === 0 ? asked : patient(asked, world);
  const { id, slug, url, owner, name } = await own.read();
  const file = await openConfigFile(config);
  assertOwner(config, organization, { name, owner });
  await assertUrl(own, name, `${withPath(base, file.config!)}/hook/`);
  const installPage = world.provider.installPage({ url });
  const { credentials } = file.config!;
  const known = { id: identity.id };
  const needs = needsOf(file.config!, world.place, usesApp(known, credentials));
  const found = await installed(own, world, { wait, name, installPage, show: written.length === 0 ? show : undefined });
  return {
    app: { id, slug, url },
    installation: found === undefined ? null : { id: found.id },
    written,
    source: writtenSource(file.text ?? "", world.place.receiver.name) ?? null,
    installPage,
    handOver: sink(world.place.kind.name).handOver,
    examination:
      found === undefined
        ? { findings: [], failure: undefined }
        : await examineInstallation({ own, installation: () => Promise.resolve(found), needs, instead: insteadOf(known, credentials) }),
  };
}

/** Throws `conflict` for an App of somebody else: `place` has it. */
function assertOwner(place: string, organization: string | undefined, { name, owner }: Pick<AppFacts, "name" | "owner">): void {
  if (organization === undefined || organization.toLowerCase() === owner.toLowerCase()) return;
  throw new FairleadError("conflict", `create App: ${place} has the App ${name} of ${owner}`, { hint: oneEach });
}

/** Throws `conflict` for an App that sends its events elsewhere: a listener may be there. */
async function assertUrl(own: OwnApp, name: string, wanted: string): Promise<void> {
  const hook = (await own.hook()) ?? "";
  if (hook === "" || hook.startsWith(wanted)) return;
  const [is, should] = [hook, wanted].map((each) => each.replace(/\/hook\/[^/]*$/, ""));
  throw new FairleadError("conflict", `create App: the App ${name} sends its events to ${is}, not to ${should}`, {
    hint: `give --url ${is}, or write the address that fairlead sources --url ${should} prints into the App's page`,
  });
}

async function installed(
  own: OwnApp,
  world: AppWorld,
  { wait, name, installPage, show }: { wait: boolean; name: string; installPage: string; show: CreateOptions["show"] | undefined },
): Promise<AppInstallation | undefined> {
  const found = installationOf(await own.installations());
  if (found !== undefined || !wait) return found;
  await using _page = await show?.(installPage);
  world.notice(`install ${name}, and choose its repositories${show === undefined ? `: ${installPage}` : ""}`);
  return await waitForInstallation(own, world);
}
