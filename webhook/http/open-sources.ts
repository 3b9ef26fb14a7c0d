import { createHash } from "node:crypto";
import { FairleadError } from "../../src/core/errors.ts";
import type { Redactor } from "../../src/core/secret.ts";
import { openSecret, readSecret } from "../../src/secrets.ts";
import type { ListenerConfig, Source } from "../config.ts";
import { assertStrong } from "./strong-secret.ts";
import type { Endpoint } from "../receiver/receiver.ts";

/** A source whose secrets are revealed. */
export interface OpenSource {
  readonly source: Source;
  readonly endpoint: Endpoint<unknown>;
  /** Its addresses: one for each of its keys, so that the one before it goes on while a secret is replaced. */
  readonly paths: readonly string[];
}

/**
 * Reveals the secrets of all sources. Throws `input` for one that is not where it was said to be, or that can be guessed.
 */
export async function openSources(config: ListenerConfig, redactor: Redactor): Promise<readonly OpenSource[]> {
  const opened = await Promise.all(
    config.sources.map(async (source) => {
      const { name, options, asked } = source;
      const [keys, pathKey] =
        source.path.length > 0 ? [source.path, `path key of source ${name}`] : [source.secrets, `key of source ${name}`];
      const [secrets, paths] = await Promise.all([
        Promise.all(source.secrets.map((each) => readSecret(each, `key of source ${name}`, redactor))),
        Promise.all(keys.map((each) => openSecret(each, pathKey, redactor).reveal())),
      ]);
      for (const secret of [...secrets, ...paths.map((key) => Buffer.from(key))]) assertStrong(name, secret);
      return { source, endpoint: { secrets, options, asked }, paths: [...new Set(paths.map(pathOf))] };
    }),
  );
  assertNoSharedPaths(opened);
  return opened;
}

/**
 * Returns the path of a key: nobody can guess it who does not know the key.
 * https://fluxcd.io/flux/components/notification/receivers/#webhook-path
 */
function pathOf(key: string): string {
  return `/hook/${createHash("sha256").update(key).digest("hex")}`;
}

/** Throws `input` when two sources have the same path: a delivery has one source. */
function assertNoSharedPaths(sources: readonly OpenSource[]): void {
  const owners = new Map<string, string>();
  for (const { source, paths } of sources) {
    for (const path of paths) {
      const owner = owners.get(path) ?? source.name;
      owners.set(path, owner);
      if (owner === source.name) continue;
      throw new FairleadError("input", `open sources: ${owner} and ${source.name} have the same key`, {
        hint: "give each a key of its own, or name one of them in the routes of both",
      });
    }
  }
}
