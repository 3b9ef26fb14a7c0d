import { isAbsolute, join } from "node:path";
import { configCredentials, configServers } from "../config.ts";
import type { Redactor } from "../core/secret.ts";
import { openSecret } from "../secrets.ts";
import type { RunSettings } from "../wire.ts";
import type { Filled } from "./command.ts";

/** Returns a reference to a secret as a configuration in this folder means it. */
export function referenceFrom(folder: string, reference: string): string {
  const [, path] = /^file:(.+)$/s.exec(reference) ?? [];
  return path === undefined || isAbsolute(path) ? reference : `file:${join(folder, path)}`;
}

/** Returns the servers and credentials of a configuration that was named, and the hosts that flags add. */
export function namedServers(
  config: NonNullable<Filled["config"]>,
  plainHttp: readonly string[],
  redactor: Redactor,
): Required<Pick<RunSettings, "servers" | "credentials">> {
  const { authorities, ...servers } = configServers(config);
  const place = (path: string): string => (isAbsolute(path) ? path : join(config.folder, path));
  return {
    servers: {
      ...servers,
      plainHttp: [...plainHttp, ...servers.plainHttp],
      ...(authorities !== undefined && { authorities: place(authorities) }),
    },
    credentials: configCredentials(config, (reference, name) => openSecret(referenceFrom(config.folder, reference), name, redactor)),
  };
}
