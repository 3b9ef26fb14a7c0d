import { FairleadError } from "../errors.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import { settleTransport } from "../git/transport.ts";
import { speaksPlainHttp, type Servers } from "../servers.ts";

/** An environment that comes before another, and where its manifests are. */
export interface EarlierEnvironment {
  readonly name: string;
  /** Undefined: the repository of the deployment itself. */
  readonly repository: Repository | undefined;
  /** Undefined: the default branch. Where the repository is that of the deployment, its branch. */
  readonly branch: string | undefined;
  /** The folder in which manifests are searched; empty for all. */
  readonly folder: string;
}

/** Returns an environment as these servers are spoken to. Throws `input` for a repository over plain HTTP whose host is not allowed it. */
export function settleEarlier(earlier: EarlierEnvironment, servers: Pick<Servers, "plainHttp">): EarlierEnvironment {
  if (earlier.repository === undefined) return earlier;
  const repository = settleTransport(earlier.repository, servers);
  if (repository.transport === "http" && !speaksPlainHttp(repository.host, servers))
    throw new FairleadError("input", `read environment ${earlier.name}: plain HTTP to ${repository.host} is not allowed`, {
      hint: `name ${formatRepository(repository)} with https, or allow it with servers.plainHttp`,
    });
  return { ...earlier, repository };
}
