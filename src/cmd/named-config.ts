import { earlierIn } from "../config/environments.ts";
import { secretReferences } from "../config/secret-references.ts";
import { configCredentials, configServers, type CommonConfig } from "../config.ts";
import type { Redactor } from "../core/secret.ts";
import { openFiles, openFileText, openSecret } from "../secrets.ts";
import type { RunSettings } from "../wire.ts";
import type { Session } from "./command.ts";

/** Returns the servers and credentials of a configuration that was named, the order of its environments, and the hosts that flags add. */
export function namedServers(
  config: CommonConfig,
  plainHttp: readonly string[],
  redactor: Redactor,
): Required<Pick<RunSettings, "servers" | "credentials" | "earlier">> {
  const servers = configServers(config);
  return {
    servers: { ...servers, plainHttp: [...plainHttp, ...servers.plainHttp] },
    earlier: earlierIn(config.environments),
    credentials: configCredentials(config, (reference, name) => openSecret(reference, name, redactor)),
  };
}

/** Warns of each file of a configuration's credentials that others of this machine may read or write. */
export async function warnOfNamedFiles(config: CommonConfig, { report }: Pick<Session, "report">): Promise<void> {
  for (const each of await openFiles(secretReferences(config))) report({ type: "warning", message: openFileText(each) });
}
