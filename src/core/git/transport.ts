import { speaksPlainHttp, type Servers } from "../servers.ts";
import { formatRepository, parseRepository, type Repository } from "./repository.ts";

/**
 * Returns a repository with the transport that the servers settle where its text names none: plain HTTP for this machine and for a host that may be
 * spoken to without TLS, else https. One that names its transport is returned as it is.
 */
export function settleTransport(repository: Repository, servers: Pick<Servers, "plainHttp">): Repository {
  if (repository.unsettled === undefined) return repository;
  return parseRepository(`${speaksPlainHttp(repository.host, servers) ? "http" : "https"}://${formatRepository(repository)}`);
}
