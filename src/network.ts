// The way of this process to the network: whom its TLS trusts, and the proxies of its `fetch` and its agents.
import { readFileSync } from "node:fs";
import http from "node:http";
import tls from "node:tls";
import { FairleadError } from "./core/errors.ts";
import { proxiesOf, proxyVariables } from "./core/proxy.ts";
import type { Servers } from "./core/servers.ts";

/** Variables that each name a file of certificates. Node reads the first by itself, and neither Git nor a run would. */
const variables = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];
/** Certificates that this process trusts beside everybody's. */
const trusted = new Set<string>();

/**
 * Gives this process the machine's way to the network, as its environment and the servers of a run say. Returns the certificates of authorities that these
 * name beside everybody's, as PEM. Throws `input` for what is no proxy, and for a file of the configuration that holds no certificate.
 */
export function openNetwork({ authorities }: Pick<Servers, "authorities">): readonly string[] {
  useProxies();
  const found = [...variables.flatMap(certificatesNamed), ...(authorities === undefined ? [] : certificatesOf(authorities))];
  const added = found.filter((each) => !trusted.has(each));
  for (const each of added) trusted.add(each);
  if (added.length > 0 && "setDefaultCACertificates" in tls) tls.setDefaultCACertificates([...tls.getCACertificates("default"), ...added]);
  return found;
}

/** Returns all authorities that Git is to trust, as PEM: those that it would trust anyway, then these. Undefined: these are none, and Git knows its own. */
export function authoritiesOfGit(extra: readonly string[]): string | undefined {
  if (extra.length === 0) return undefined;
  const own = process.env.GIT_SSL_CAINFO ?? "";
  const usual = own === "" ? [...tls.getCACertificates("system"), ...tls.getCACertificates("bundled")] : [readOrNothing(own)];
  return [...new Set([...usual, ...extra])].map((each) => `${each.trim()}\n`).join("");
}

let proxied = "";

/** Node takes the variables by itself with NODE_USE_ENV_PROXY alone: https://nodejs.org/api/http.html#built-in-proxy-support */
function useProxies(): void {
  const wanted = proxyVariables(proxiesOf(process.env));
  const text = JSON.stringify(wanted);
  if (text === proxied || (text === "{}" && proxied === "")) return;
  if (!("setGlobalProxyFromEnv" in http)) return; // a Dagger module runs on the Node of its SDK, which may be older
  try {
    http.setGlobalProxyFromEnv(wanted);
  } catch (cause) {
    throw new FairleadError("input", "read HTTPS_PROXY, HTTP_PROXY: it is no URL of an HTTP proxy", {
      hint: "name one such as http://proxy.example.com:3128",
      cause,
    });
  }
  proxied = text;
}

function certificatesNamed(variable: string): readonly string[] {
  const path = process.env[variable] ?? "";
  return path === "" ? [] : split(readOrNothing(path));
}

/** A file that a variable names may be for others, and not be there: its certificates are missed where they are needed. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function certificatesOf(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw new FairleadError("input", `read servers.tls.ca: the file ${path} cannot be read (${code})`, { cause });
  }
  const found = split(text);
  if (found.length > 0) return found;
  throw new FairleadError("input", `read servers.tls.ca: the file ${path} holds no certificate`, {
    hint: "name a file of PEM certificates",
  });
}

function split(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
