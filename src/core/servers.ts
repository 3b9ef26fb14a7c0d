import { isLoopback } from "./git/repository.ts";

/** Self-hosted or non-default servers. Set by the operator, never by an event. */
export interface Servers {
  /** The settings of each kind of adapter, by the kind's name, as its own schema returns them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Hosts, with their port if they have one, that are spoken to without TLS. This machine always is. */
  readonly plainHttp: readonly string[];
  /** A file of certificates of authorities to trust beside everybody's. */
  readonly authorities?: string | undefined;
}

/** Everybody's servers. */
export const publicServers: Servers = { settings: {}, plainHttp: [] };

/** Tells whether a host, with its port if it has one, may be spoken to without TLS. */
export function speaksPlainHttp(host: string, { plainHttp }: Pick<Servers, "plainHttp">): boolean {
  return isLoopback(host.replace(/:\d+$/, "").toLowerCase()) || plainHttp.some((each) => each.toLowerCase() === host.toLowerCase());
}

/** Returns servers of which those that `first` names come before those of `then`, kind by kind. */
export function mergeServers(first: Partial<Servers>, then: Servers): Servers {
  return {
    settings: { ...then.settings, ...first.settings },
    plainHttp: first.plainHttp ?? then.plainHttp,
    authorities: first.authorities,
  };
}
