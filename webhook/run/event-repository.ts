import type { CommonConfig } from "../../src/config.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import { speaksPlainHttp, type Servers } from "../../src/core/servers.ts";

/** The ways into repositories that a run has. */
export interface RepositoryWays {
  /** Repositories that the run was given: one of the same host tells how it is reached. */
  readonly given: readonly Repository[];
  readonly credentials: CommonConfig["credentials"];
  readonly servers: Pick<Servers, "plainHttp">;
}

/**
 * Returns the repository that an event names as `host/path`: over SSH where there is a key and no token for it, over plain HTTP where its host is allowed
 * that, else over HTTPS.
 */
export function repositoryAt(name: string, ways: RepositoryWays): Repository {
  const transport = transportTo(name, ways);
  return parseRepository(`${transport === "ssh" ? "ssh://git@" : `${transport}://`}${name}`);
}

function transportTo(name: string, { given, credentials, servers }: RepositoryWays): Repository["transport"] {
  const [host = ""] = name.split("/", 1);
  const sibling = given.find((each) => each.host === host.toLowerCase());
  if (sibling !== undefined) return sibling.transport;
  const fitting = Object.entries(credentials).filter(([resource]) => opens(resource, name));
  const has = (field: "sshKey" | "token"): boolean => fitting.some(([, credential]) => credential[field] !== undefined);
  if (has("sshKey") && !has("token")) return "ssh";
  return speaksPlainHttp(host, servers) ? "http" : "https";
}

/** Tells whether a credential of a host or a repository is one for this repository. */
export function opens(resource: string, repository: string): boolean {
  return resource === repository || repository.startsWith(`${resource}/`);
}
