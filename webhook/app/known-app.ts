import { parse } from "yaml";
import { FairleadError } from "../../src/core/errors.ts";
import type { AppIdentity } from "../../src/core/git/app-provider.ts";
import { opens } from "../../src/core/opens.ts";
import { openSecret, secretValue } from "../../src/secrets.ts";
import type { ListenerConfig } from "../config.ts";
import type { AppSecrets } from "./sink/sink.ts";
import type { AppWorld } from "./world.ts";

/** An App of the configuration. */
export interface KnownApp {
  /** What its credential opens: a host, or an account there. */
  readonly resource: string;
  /** Its number, or its client ID. */
  readonly id: string;
  /** The reference to its key, with an absolute path. */
  readonly key: string;
}

type Credentials = ListenerConfig["credentials"];

/** What a command says of the App that it is about. */
export interface WantedApp {
  /** Its ID; undefined for the only one. */
  readonly id?: string | undefined;
  /** What to do where there are several (default: to name one). */
  readonly hint?: string;
}

/**
 * Returns the App by which the configuration opens the provider; undefined where it names none. Throws `conflict` for several of which none is wanted, and
 * `not_found` for one that is not there or is of another host.
 */
export function knownApp(
  { credentials }: { readonly credentials: Credentials },
  { place, host }: Pick<AppWorld, "place" | "host">,
  { id, hint }: WantedApp = {},
): KnownApp | undefined {
  const all = appsIn(credentials);
  const apps = all.filter((each) => place.serves(hostOf(each)));
  const ids = [...new Set(apps.map((each) => each.id))];
  if (apps.length === 0 && all.length > 0) throw elsewhere(host, all);
  if (id !== undefined && !ids.includes(id)) {
    const others = ids.length === 0 ? "run fairlead app create --url https://HOST" : `name one of ${ids.join(", ")}`;
    throw new FairleadError("not_found", `read credentials: they name no App ${id}`, { hint: others });
  }
  if (id === undefined && ids.length > 1) {
    const list = ids.map((each) => `App ${each}`).join(" and ");
    throw new FairleadError("conflict", `read credentials: they name ${list}`, {
      hint: hint ?? `name one: ${ids.map((each) => `--app ${each}`).join(" or ")}`,
    });
  }
  return apps.find((each) => each.id === (id ?? ids[0]));
}

function appsIn(credentials: Credentials): readonly KnownApp[] {
  return Object.entries(credentials).flatMap(([resource, { app, key }]) =>
    app === undefined || key === undefined ? [] : [{ resource, id: String(app), key }],
  );
}

function hostOf({ resource }: Pick<KnownApp, "resource">): string {
  return resource.split("/", 1)[0] ?? "";
}

/** A server of one's own is named by the configuration, or by a variable that this shell may not have. */
function elsewhere(host: string, apps: readonly KnownApp[]): FairleadError {
  const hosts = [...new Set(apps.map(hostOf))];
  const hint = `write the server into servers of the configuration, such as { url: https://${hosts[0]} }, or set its variable`;
  return new FairleadError("not_found", `read credentials: they name no App of ${host}, but of ${hosts.join(" and ")}`, { hint });
}

/** Returns the resources whose credentials a run may use for a repository: the more specific comes first. */
function openersOf(credentials: Credentials, repository: string): readonly string[] {
  const found = Object.keys(credentials).filter((resource) => opens(resource, repository));
  return found.sort((a, b) => b.length - a.length);
}

/** Tells whether runs ask for a token of this App first, for a repository. */
export function usesApp({ id }: Pick<KnownApp, "id">, credentials: Credentials): (repository: string) => boolean {
  return (repository) => {
    const [first = ""] = openersOf(credentials, repository);
    return String(credentials[first]?.app ?? "") === id;
  };
}

/** Returns what opens a repository where this App is not installed; undefined for nothing of the configuration. */
export function insteadOf({ id }: Pick<KnownApp, "id">, credentials: Credentials): (repository: string) => string | undefined {
  return (repository) => openersOf(credentials, repository).find((resource) => String(credentials[resource]?.app ?? "") !== id);
}

/** Returns what asks in the name of an App. Its key is revealed when it is used first. */
export function identityOf(
  { id, key }: Pick<KnownApp, "id" | "key">,
  { host, redactor }: Pick<AppWorld, "host" | "redactor">,
): AppIdentity {
  return { host, id, key: openSecret(key, `key of App ${id}`, redactor) };
}

/** Returns the same of an App whose secrets are at hand. */
export function keptIdentity(
  { id, key }: Pick<AppSecrets, "id" | "key">,
  { host, redactor }: Pick<AppWorld, "host" | "redactor">,
): AppIdentity {
  return { host, id: String(id), key: secretValue(key, `key of App ${id}`, redactor) };
}

/** A source as the configuration spells it. */
export type WrittenSource = { readonly kind: string; readonly path: string | null; readonly secrets: string | null };

/** Returns the source that a text has for an App: the one with a key of its path, else the first of the kind. The paths in it are as they were written. */
export function writtenSource(text: string, kind: string): WrittenSource | undefined {
  const { sources = {} } = (parse(text) ?? {}) as { readonly sources?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  const own = Object.values(sources).filter((each) => each.kind === kind);
  const found = own.find(({ path }) => path !== undefined) ?? own[0];
  const textOf = (value: unknown): string | null => [value].flat().flatMap((each) => (typeof each === "string" ? [each] : []))[0] ?? null;
  return found && { kind, path: textOf(found.path), secrets: textOf(found.secrets) };
}
