import type { CommonConfig } from "../../src/config.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import { settleTransport } from "../../src/core/git/transport.ts";
import type { Servers } from "../../src/core/servers.ts";
import { opens } from "../../src/core/opens.ts";

/** The ways into repositories that a run has. */
export interface RepositoryWays {
  /** Repositories that the run was given: one of the same host tells how it is reached. */
  readonly given: readonly Repository[];
  readonly credentials: CommonConfig["credentials"];
  readonly servers: Pick<Servers, "plainHttp">;
}

/**
 * Returns the repository that an event names as `host/path`: over SSH where there is a key and neither a token nor an App for it, over plain HTTP where its host is allowed
 * that, else over HTTPS.
 */
export function repositoryAt(name: string, ways: RepositoryWays): Repository {
  const transport = knownTransport(name, ways);
  if (transport === undefined) return settleTransport(parseRepository(name), ways.servers);
  return parseRepository(`${transport === "ssh" ? "ssh://git@" : `${transport}://`}${name}`);
}

/** Returns the transport that a repository beside it, or a credential, asks for; undefined where the servers settle it. */
function knownTransport(name: string, { given, credentials }: RepositoryWays): Repository["transport"] | undefined {
  const [host = ""] = name.split("/", 1);
  const sibling = given.find((each) => each.host === host.toLowerCase());
  if (sibling !== undefined) return sibling.transport;
  const fitting = Object.entries(credentials).filter(([resource]) => opens(resource, name));
  const has = (field: "sshKey" | "token" | "app"): boolean => fitting.some(([, credential]) => credential[field] !== undefined);
  return has("sshKey") && !has("token") && !has("app") ? "ssh" : undefined;
}
