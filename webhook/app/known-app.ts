import { parse } from "yaml";
import { FairleadError } from "../../src/core/errors.ts";
import type { AppIdentity } from "../../src/core/git/app-provider.ts";
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

/** Returns the App by which the configuration opens the provider; undefined where it names none. Throws `conflict` for several: a listener has one. */
export function knownApp({ credentials }: Pick<ListenerConfig, "credentials">, { place }: Pick<AppWorld, "place">): KnownApp | undefined {
  const apps = Object.entries(credentials).flatMap(([resource, { app, key }]): KnownApp[] =>
    app !== undefined && key !== undefined && place.serves(resource.split("/", 1)[0] ?? "") ? [{ resource, id: String(app), key }] : [],
  );
  const [first, other] = apps;
  if (first === undefined || other === undefined || apps.every(({ id }) => id === first.id)) return first;
  throw new FairleadError("conflict", `read credentials: App ${first.id} is there, and App ${other.id}`, {
    hint: "keep one App per listener",
  });
}

/** Returns what asks in the name of an App. Its key is revealed when it is used first. */
export function identityOf(
  { id, key }: Pick<KnownApp, "id" | "key">,
  { host, redactor }: Pick<AppWorld, "host" | "redactor">,
): AppIdentity {
  return { host, id, key: openSecret(key, `the key of App ${id}`, redactor) };
}

/** Returns the same of an App whose secrets are at hand. */
export function keptIdentity(
  { id, key }: Pick<AppSecrets, "id" | "key">,
  { host, redactor }: Pick<AppWorld, "host" | "redactor">,
): AppIdentity {
  return { host, id: String(id), key: secretValue(key, `the key of App ${id}`, redactor) };
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
