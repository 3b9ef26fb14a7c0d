import { readFile, realpath, stat } from "node:fs/promises";
import { pathsBeside } from "../../src/config/file.ts";
import { pipelines } from "../../src/pipelines/index.ts";
import { readListenerFile } from "../config/file.ts";
import { readConfig, type ListenerConfig } from "../config.ts";
import { receivers } from "../receivers/index.ts";
import { freeName, withApp, type AppEntry } from "./edit-config.ts";
import { assertReplaceable, replacePrivately } from "./sink/private-file.ts";
import type { AppWorld } from "./world.ts";

/** What is known of a new App. */
export interface NewEntry extends Pick<AppEntry, "id" | "name" | "references"> {
  readonly owner: string;
  readonly world: Pick<AppWorld, "place" | "host" | "server">;
}

/** A configuration with a new App in it. */
export interface Edited {
  readonly text: string;
  readonly config: ListenerConfig;
  /** The name of the App's source. */
  readonly source: string;
}

/** The configuration of a listener, which need not be there. */
export interface ConfigFile {
  /** Undefined where there is no file. */
  readonly text: string | undefined;
  readonly config: ListenerConfig | undefined;
  /** Returns the configuration with an App in it. Throws `unsupported` where the file has no place for it, and `input` for what would be wrong then. */
  edited(entry: NewEntry): Edited;
  /** Throws where the file cannot be written. */
  prepare(): Promise<void>;
  /** Writes the App into the file as it is by now: somebody may have changed it while the App was made. Returns the name of its source. */
  write(entry: NewEntry): Promise<string>;
}

/** Reads a configuration. Throws `input` with all that is wrong with it. */
export async function openConfigFile(path: string): Promise<ConfigFile> {
  const text = (await stat(path).catch(() => undefined)) === undefined ? undefined : await readListenerFile(path);
  const read = (source: string): ListenerConfig => readConfig(source, { path, absolute: pathsBeside(path), receivers, pipelines });
  const config = text === undefined ? undefined : read(text);
  const edit = (before: string | undefined, entry: NewEntry): Edited => {
    const whole = entryFor(before === undefined ? undefined : read(before), entry);
    const added = withApp(before, whole);
    return { text: added, config: read(added), source: whole.source };
  };
  return {
    text,
    config,
    edited: (entry) => edit(text, entry),
    prepare: async () => await assertReplaceable(await realpath(path).catch(() => path)),
    async write(entry) {
      const now = await readFile(path, "utf8").catch(() => undefined);
      const { text: added, source } = edit(now, entry);
      await replacePrivately(path, added, 0o644);
      return source;
    },
  };
}

function entryFor(config: ListenerConfig | undefined, { id, name, owner, references, world: { place, host, server } }: NewEntry): AppEntry {
  const { credentials = {}, sources = [], routes = [] } = config ?? {};
  const servers: Readonly<Record<string, unknown>> = config?.servers ?? {};
  return {
    ...{ id, name, references, kind: place.receiver.name },
    server: servers[place.kind.name] === undefined ? server : undefined,
    // a token that is there already stays, for what the App's account does not own
    resource: host in credentials ? `${host}/${owner}` : host,
    source: freeName(
      sources.map((each) => each.name),
      place.receiver.name,
    ),
    first: routes.length === 0 ? { host, owner } : undefined,
  };
}
