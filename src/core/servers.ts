import { isLoopback } from "./git/repository.ts";

/** Servers that are not where everybody's are. Whatever starts a run says so: nothing of it comes from an event. */
export interface Servers {
  /** A GitHub of one's own: its host, with the port if there is one, and its REST API, if that is not where GitHub puts it. */
  readonly github?: { readonly host: string; readonly api: string | undefined } | undefined;
  /** Where Slack's methods are, if not at https://slack.com/api/. */
  readonly slackApi?: string | undefined;
  /** Hosts of ECR that do not have a name of AWS's (a proxy, a VPC endpoint, an emulator), with their port if they have one, and whose they are. */
  readonly ecr?: readonly { readonly host: string; readonly account: string; readonly region: string }[] | undefined;
  /** Hosts, with their port if they have one, that are spoken to without TLS. This machine always is. */
  readonly plainHttp: readonly string[];
}

/** Everybody's servers. */
export const publicServers: Servers = { plainHttp: [] };

/** Tells whether a host, with its port if it has one, may be spoken to without TLS. */
export function speaksPlainHttp(host: string, { plainHttp }: Servers): boolean {
  return isLoopback(host.replace(/:\d+$/, "")) || plainHttp.includes(host);
}
