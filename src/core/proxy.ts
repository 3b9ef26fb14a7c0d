import { FairleadError } from "./errors.ts";
import { isExempt, parseExemption, spellings } from "./no-proxy.ts";

type Scheme = "http" | "https";

/** The proxies of an environment. */
export interface Proxies {
  /** The URL of the proxy for URLs of plain HTTP; undefined: none. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** SOCKS proxies, which Git alone can use. */
  readonly socks: Readonly<Record<Scheme, string | undefined>>;
  /** The variable that says which proxy is for a scheme, or would say it. */
  readonly variables: Readonly<Record<Scheme, string>>;
  /** Hosts to which no proxy leads, as NO_PROXY has them. */
  readonly none: readonly string[];
}

/** This machine, and the addresses at which a cloud tells it who it is: a proxy would answer for a machine of its own. */
const never = [
  "localhost",
  ...["127.0.0.1", "127.0.0.0/8", "0.0.0.0", "::1", "[::1]", "::", "[::]"],
  ...["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "[fd00:ec2::254]"],
];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the proxies that variables of the environment name. A small name counts before a large one; ALL_PROXY stands in for both. An empty variable says
 * that there is none.
 */
export function proxiesOf(env: Env): Proxies {
  const all = ["all_proxy", "ALL_PROXY"];
  const [http, https] = [choose(env, ["http_proxy", "HTTP_PROXY", ...all]), choose(env, ["https_proxy", "HTTPS_PROXY", ...all])];
  const listed = choose(env, ["no_proxy", "NO_PROXY"]).value.split(/[\s,]+/);
  const [forHttp, forHttps] = [asChoice(http), asChoice(https)];
  return {
    http: forHttp.http,
    https: forHttps.http,
    socks: { http: forHttp.socks, https: forHttps.socks },
    variables: { http: http.variable, https: https.variable },
    none: [...new Set([...listed.filter((each) => each !== ""), ...never])],
  };
}

interface Chosen {
  readonly variable: string;
  readonly value: string;
}

/** Returns the first variable that is set; the second name without any. */
function choose(env: Env, names: readonly [string, string, ...string[]]): Chosen {
  const variable = names.find((name) => env[name] !== undefined) ?? names[1];
  return { variable, value: env[variable]?.trim() ?? "" };
}

/** A SOCKS proxy that stands in for both is no proxy for what cannot use it. Of a variable for one scheme, it is an error: `requireHttpProxies`. */
function asChoice({ variable, value }: Chosen): { readonly http?: string | undefined; readonly socks?: string } {
  const url = proxyUrl(value);
  if (url === undefined) return {};
  return /^socks/i.test(url) && /^all_proxy$/i.test(variable) ? { socks: url } : { http: url };
}

/** Returns the URL of a proxy, which may be named without its scheme: https://curl.se/libcurl/c/CURLOPT_PROXY.html. Undefined for an empty text. */
export function proxyUrl(text: string): string | undefined {
  if (text === "") return undefined;
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
}

/** Throws `input` for a variable that names no HTTP proxy. Its text is not told: it may hold a password. */
export function requireHttpProxies({ http, https, variables }: Proxies): void {
  for (const [url, variable] of [[http, variables.http] as const, [https, variables.https] as const]) {
    if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? "")) continue;
    const doing = `read ${variable}:`;
    if (/^socks/i.test(url)) {
      throw new FairleadError("input", `${doing} it names a SOCKS proxy, and registries and APIs need an HTTP proxy`, {
        hint: "name an HTTP proxy there, and the SOCKS proxy in ALL_PROXY, which Git alone uses",
      });
    }
    throw new FairleadError("input", `${doing} it is no URL of an HTTP proxy`, { hint: "name one such as http://proxy.example.com:3128" });
  }
}

/** Returns the URL of the proxy through which a URL is asked; undefined: none. */
export function proxyFor(url: URL, proxies: Proxies): string | undefined {
  const proxy = url.protocol === "https:" ? proxies.https : proxies.http;
  return proxy === undefined || leadsNone(url, proxies) ? undefined : proxy;
}

/** Tells whether no proxy leads to a URL. */
function leadsNone(url: URL, { none }: Pick<Proxies, "none">): boolean {
  return none.some((entry) => {
    const parsed = parseExemption(entry);
    return parsed !== undefined && isExempt(url, parsed);
  });
}

/**
 * Returns the proxies as variables for a program, in small names alone: curl does not read HTTP_PROXY. Programs read NO_PROXY by rules of their own, which
 * know fewer networks and spellings: `asked` are URLs that the program is known to ask, and each that no proxy leads to is listed by its host.
 */
export function proxyVariables(proxies: Proxies, asked: readonly URL[] = []): Record<string, string> {
  const { http, https, none } = proxies;
  if (http === undefined && https === undefined) return {};
  const listed = [...none.flatMap(spellings), ...asked.filter((url) => leadsNone(url, proxies)).map(({ hostname }) => hostname)];
  return {
    ...(http !== undefined && { http_proxy: http }),
    ...(https !== undefined && { https_proxy: https }),
    no_proxy: [...new Set(listed)].join(","),
  };
}

/** Returns the proxies as variables for Git, which takes those of SOCKS too. It would ask for the password of a user who has none. */
export function gitProxyVariables(proxies: Proxies): Record<string, string> {
  const { http, https, socks } = proxies;
  const variables = proxyVariables({ ...proxies, http: http ?? socks.http, https: https ?? socks.https });
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace(/^([a-z\d]+:\/\/[^/:@]+)@/i, "$1:@")]));
}
