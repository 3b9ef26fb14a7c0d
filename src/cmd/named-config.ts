import { earlierIn } from "../config/environments.ts";
import { configCredentials, configServers, type CommonConfig } from "../config.ts";
import type { Redactor } from "../core/secret.ts";
import { openSecret } from "../secrets.ts";
import type { RunSettings } from "../wire.ts";

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
