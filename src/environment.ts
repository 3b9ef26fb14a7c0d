import { z } from "zod";
import { adapterKinds, adapters, checkServers } from "./adapters.ts";
import type { AdapterKind, CiJob } from "./core/adapter.ts";
import { notifierResource, type Credential } from "./core/credential.ts";
import { FairleadError } from "./core/errors.ts";
import { proxyUrl } from "./core/proxy.ts";
import type { Redactor } from "./core/secret.ts";
import { mergeServers, speaksPlainHttp, type Servers } from "./core/servers.ts";
import { openSecret } from "./secrets.ts";

/**
 * Returns the tokens that the environment holds under the documented names of the kinds of adapters, each for its own place. Where the environment
 * names a server too, as a job of CI does, its token is for that server, whatever else is configured.
 */
export function environmentCredentials(servers: Servers, redactor: Redactor): readonly Credential[] {
  return tokenVariables(servers).flatMap(({ variable, for: place }) =>
    isSet(variable) ? [{ for: place, kind: "token", secret: openSecret(`env:${variable}`, variable, redactor) }] : [],
  );
}

/** A variable of the environment that holds a token, and the place that it is for: a host, or a notifier. */
export interface TokenVariable {
  readonly variable: string;
  readonly for: string;
}

/** Returns the documented variables for tokens, set or not, where the servers are these. */
export function tokenVariables({ settings }: Servers): readonly TokenVariable[] {
  const { gitProviders, notifiers } = adapters;
  const ofEnvironment = environmentServers().settings;
  const places = [
    ...gitProviders.map((kind) => [kind.environment?.token, kind.tokenHost?.(ofEnvironment[kind.name] ?? settings[kind.name])] as const),
    ...notifiers.map((kind) => [kind.environment?.token, notifierResource(kind.name)] as const),
  ];
  return places.flatMap(([variable, place]) => (variable === undefined || place === undefined ? [] : [{ variable, for: place }]));
}

/** Returns the job of CI in which this process is; undefined where it is in none. `read` returns the text of a file, if it can be read. */
export function environmentJob(read: (path: string) => string | undefined): CiJob | undefined {
  return adapterKinds.map(({ environment }) => environment?.job?.(process.env, read)).find((job) => job !== undefined);
}

/** Tells whether a variable of the environment has a value. */
export function isSet(variable: string): boolean {
  return (process.env[variable] ?? "") !== "";
}

/**
 * Returns the servers of a run: these, then those that the environment names. Throws `input` for one that no credential may be sent to, and for such a
 * proxy.
 */
export function openServers(named: Partial<Servers>, redactor: Redactor): Servers {
  const servers = mergeServers(named, environmentServers());
  checkServers(servers);
  checkProxies(servers, redactor);
  return servers;
}

/** Returns the servers that the environment names, by the documented names of the kinds of adapters. Throws `input` for what cannot be read. */
export function environmentServers(): Servers {
  const settings = adapterKinds.flatMap((kind) => {
    const found = readSettings(kind);
    return found === undefined ? [] : [[kind.name, found] as const];
  });
  return { settings: Object.fromEntries(settings), plainHttp: [] };
}

/** The variables by which programs find a proxy. Curl reads the small ones, and of the large ones all but HTTP_PROXY. */
const proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/**
 * Throws `input` for a proxy whose URL holds a password that would go over the network unencrypted. A proxy without one may speak plain HTTP: TLS goes
 * through it. The redactor is told the passwords of the others.
 */
function checkProxies(servers: Servers, redactor: Redactor): void {
  for (const name of proxies) {
    const url = URL.parse(proxyUrl(process.env[name] ?? "") ?? "");
    if (url === null || url.password === "") continue;
    redactor.add(url.password);
    redactor.add(unescaped(url.password));
    if (url.protocol === "https:" || speaksPlainHttp(url.host, servers)) continue;
    throw new FairleadError("input", `read ${name}: it would send its password to ${url.host} unencrypted`, {
      hint: `use an https proxy, or allow it with --plain-http ${url.host} or servers.plainHttp`,
    });
  }
}

/** A percent sign that begins no escape stands for itself. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => Buffer.from(escaped.replaceAll("%", ""), "hex").toString());
}

function readSettings({ settings, environment }: AdapterKind<unknown, never>): unknown {
  const variables = Object.entries(environment?.settings ?? {}).filter(([, variable]) => (process.env[variable] ?? "") !== "");
  if (settings === undefined || variables.length === 0) return undefined;
  const texts = Object.fromEntries(variables.map(([setting, variable]) => [setting, process.env[variable]]));
  const read = environment?.read === undefined ? texts : environment.read(texts);
  if (read === undefined) return undefined;
  const parsed = settings.safeParse(read);
  if (parsed.success) return parsed.data;
  throw new FairleadError("input", `read ${variables.map(([, variable]) => variable).join(", ")}: ${z.prettifyError(parsed.error)}`);
}
