// The way of this process to the network: whom its TLS trusts, and the proxies of its `fetch` and its agents.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import tls from "node:tls";
import { FairleadError } from "./core/errors.ts";
import { proxiesOf, proxyVariables, requireHttpProxies } from "./core/proxy.ts";
import type { Servers } from "./core/servers.ts";

const hint = "name a file of PEM certificates";
/** Variables that each name a file of certificates. Node reads the first by itself, and neither Git nor a run would. */
const variables = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];

/** What the environment and the servers of a run say of the way to the network. */
export interface Network {
  /** The certificates of authorities that are trusted beside everybody's, each as PEM. */
  readonly certificates: readonly string[];
  /** What is wrong with a file that a variable names: it may be for other programs, so it is no error. */
  readonly warnings: readonly string[];
  /** The servers that settings name. */
  readonly asked: readonly URL[];
}

/**
 * Reads what the environment and the servers of a run name. Throws `input` for a certificate that is broken, and for a file of the
 * configuration that holds none.
 */
export function readNetwork({ authorities, settings }: Pick<Servers, "authorities" | "settings">): Network {
  const named = variables.map((name) => ({ name, path: process.env[name] ?? "" })).filter(({ path }) => path !== "");
  const read = named.map(({ name, path }) => readFile(name, path));
  const own: ReadFile = authorities === undefined ? { found: [] } : readFile("servers.tls.ca", authorities);
  if (own.problem !== undefined) throw new FairleadError("input", own.problem, { hint });
  return {
    certificates: [...read, own].flatMap(({ found }) => found),
    warnings: read.flatMap(({ problem }) => problem ?? []),
    asked: Object.values(settings).flatMap((each) => Object.values(each ?? {}).flatMap((value) => URL.parse(String(value)) ?? [])),
  };
}

/** The authorities as Node has them, before ours. */
let usual: readonly string[] | undefined;
/** Those that each opening of the network has added and no later one has replaced: two runs in one process may differ. */
let trusted: readonly (readonly string[])[] = [];

/**
 * Gives this process the machine's way to the network: the proxies of its environment, and authorities to trust. These replace `before`. Throws `input`
 * for what is no proxy.
 */
export function openNetwork({ certificates, asked }: Network, before?: Network): void {
  useProxies(asked);
  const kept = trusted.filter((each) => each !== before?.certificates);
  const isNew = certificates.length > 0 && !kept.some((each) => each.join() === certificates.join());
  const wanted = isNew ? [...kept, certificates] : kept;
  const changed = new Set(wanted.flat()).symmetricDifference(new Set(trusted.flat())).size > 0;
  trusted = wanted;
  if (!changed || !("setDefaultCACertificates" in tls)) return;
  usual ??= tls.getCACertificates("default");
  tls.setDefaultCACertificates([...usual, ...trusted.flat()]);
}

/** Returns all authorities that Git is to trust, as PEM: those that it would trust anyway, then these. Undefined: these are none, and Git knows its own. */
export function authoritiesOfGit(extra: readonly string[]): string | undefined {
  if (extra.length === 0) return undefined;
  const own = process.env.GIT_SSL_CAINFO ?? "";
  const usual = own === "" ? [...tls.getCACertificates("system"), ...tls.getCACertificates("bundled")] : [readOwn(own)];
  return [...new Set([...usual, ...extra])].map((each) => `${each.trim()}\n`).join("");
}

let proxied = "";

/** Node takes the variables by itself with NODE_USE_ENV_PROXY alone: https://nodejs.org/api/http.html#built-in-proxy-support */
function useProxies(asked: readonly URL[]): void {
  const proxies = proxiesOf(process.env);
  requireHttpProxies(proxies);
  const wanted = proxyVariables(proxies, asked);
  const text = JSON.stringify(wanted);
  if (text === proxied || (text === "{}" && proxied === "")) return;
  if (!("setGlobalProxyFromEnv" in http)) return; // a Dagger module runs on the Node of its SDK, which may be older
  http.setGlobalProxyFromEnv(wanted);
  proxied = text;
}

/** Git would refuse a file that it cannot read, and say so: it is asked with ours alone. */
function readOwn(path: string): string {
  return readFile("GIT_SSL_CAINFO", path).found.join("\n");
}

interface ReadFile {
  readonly found: readonly string[];
  /** Why the file holds none. */
  readonly problem?: string;
}

/** Returns the certificates of a file that a variable or a setting names. Throws `input` for one that is broken: TLS would take none of them. */
function readFile(name: string, path: string): ReadFile {
  const doing = `read ${name}: the file ${path}`;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    return { found: [], problem: `${doing} cannot be read (${code})` };
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^]*?(?:-----END CERTIFICATE-----|$)/g) ?? []; // one without an end is broken
  const broken = found.findIndex((each) => !isCertificate(each));
  if (broken >= 0) {
    throw new FairleadError("input", `${doing} holds a broken certificate, number ${broken + 1} of ${found.length}`, { hint });
  }
  return found.length > 0 ? { found } : { found, problem: `${doing} holds no certificate` };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
