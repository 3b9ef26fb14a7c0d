import { z } from "zod";
import { FairleadError } from "./errors.ts";
import { speaksPlainHttp, type Servers } from "./servers.ts";

declare const allowed: unique symbol;

/** A base URL of a server as somebody named it. No credential may be sent there before it was checked. */
export type NamedUrl = string & z.$brand<"NamedUrl">;

/**
 * A base URL that a credential may be sent to: https, or plain HTTP to this machine or to a host that `plainHttp` names. No user and no password are
 * in it. Only the functions of this file make one.
 */
export type ServerUrl = NamedUrl & { readonly [allowed]: true };

/** Settings whose named URLs have all been checked. */
export type Allowed<S> = S extends NamedUrl ? ServerUrl : S extends object ? { readonly [Key in keyof S]: Allowed<S[Key]> } : S;

/** The servers as far as they decide where plain HTTP may go. */
export type PlainHttp = Pick<Servers, "plainHttp">;

/** Returns the schema of a server's base URL: the only one that settings of adapters may have for URLs. */
export function serverUrl(example: string) {
  const error = `expected a URL such as ${example}`;
  return z
    .url({ protocol: /^https?$/, error })
    .refine((text) => /^https?:\/\/[^\\\s\p{C}]+$/iu.test(text), error)
    .refine((text) => !hasCredential(URL.parse(text)), "it holds a credential: name the credential where it is, by env:, file: or cmd:")
    .refine((text) => !/[?#]/.test(text), "it has a query or a fragment: name the server alone")
    .brand<"NamedUrl">();
}

/** Returns why no credential may be sent to a URL; undefined if it may. */
export function whyNotAllowed(url: URL, servers: PlainHttp): string | undefined {
  if (hasCredential(url)) return "it holds a credential";
  if (url.protocol === "https:") return undefined;
  if (url.protocol !== "http:") return `${url.protocol}// is no protocol of a server`;
  return speaksPlainHttp(url.host, servers) ? undefined : `plain HTTP to ${url.host} is not allowed`;
}

/** Returns a text as a URL that a credential may be sent to. Throws `input` that begins with `doing`. */
export function allowUrl(doing: string, text: string, servers: PlainHttp): ServerUrl {
  const url = URL.parse(text);
  const why = url === null ? "it is no URL of a server" : whyNotAllowed(url, servers);
  if (why === undefined) return text as ServerUrl;
  throw new FairleadError("input", `${doing}: ${why}`, { hint: hintFor(url) });
}

/** Returns the base URL of a host: https, except where plain HTTP is allowed. */
export function hostUrl(doing: string, host: string, servers: PlainHttp): ServerUrl {
  return allowUrl(doing, `${speaksPlainHttp(host, servers) ? "http" : "https"}://${host}`, servers);
}

/** Returns the URL of a path at the server of another, such as `/api/v3`; with `""`, the same URL without a slash at its end. */
export function urlBelow(base: ServerUrl, path: "" | `/${string}`): ServerUrl {
  return (path === "" ? base.replace(/\/$/, "") : `${new URL(base).origin}${path}`) as ServerUrl;
}

/** Returns the problems of the named URLs in settings, each with its path. The settings are output of the schema. */
export function urlProblems(
  schema: z.ZodType | undefined,
  value: unknown,
  servers: PlainHttp,
): readonly { readonly path: readonly string[]; readonly url: URL; readonly why: string }[] {
  return namedUrls(schema, value).flatMap(({ path, text }) => {
    const url = new URL(text);
    const why = whyNotAllowed(url, servers);
    return why === undefined ? [] : [{ path, url, why }];
  });
}

/** The part of a kind of adapter that has settings. */
interface Configurable<S extends z.ZodType> {
  readonly name: string;
  readonly settings?: S;
  readonly environment?: { readonly settings?: Readonly<Record<string, string>> };
}

/**
 * Returns the settings of a kind of adapter, parsed, with URLs that credentials may be sent to; undefined if there are none. Throws `input` that names
 * the setting and its variable.
 */
export function allowSettings<S extends z.ZodType>(
  { name, settings, environment }: Configurable<S>,
  value: unknown,
  servers: PlainHttp,
): Allowed<z.output<S>> | undefined {
  if (settings === undefined || value === undefined) return undefined;
  const parsed = settings.safeParse(value);
  if (!parsed.success) throw new FairleadError("input", `read servers.${name}: ${z.prettifyError(parsed.error)}`);
  const [problem] = urlProblems(settings, parsed.data, servers);
  if (problem === undefined) return parsed.data as Allowed<z.output<S>>;
  const variable = environment?.settings?.[problem.path.join(".")];
  const where = [`servers.${[name, ...problem.path].join(".")}`, ...(variable === undefined ? [] : [variable])].join(" or ");
  throw new FairleadError("input", `read ${where}: ${problem.why}`, { hint: hintFor(problem.url) });
}

function hintFor(url: URL | null): string {
  if (url === null || hasCredential(url) || url.protocol !== "http:") return "give a URL such as https://server.example.com";
  return `use https, or allow it with --plain-http ${url.host} or servers.plainHttp`;
}

function hasCredential(url: URL | null): boolean {
  return url !== null && (url.username !== "" || url.password !== "");
}

/** Finds the URLs of a value by the schema that has read it. */
function namedUrls(schema: unknown, value: unknown, path: readonly string[] = []): readonly { path: readonly string[]; text: string }[] {
  if (value === undefined || value === null) return [];
  if (schema instanceof z.ZodURL) return [{ path, text: value as string }];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return namedUrls(schema.unwrap(), value, path);
  const inner = (key: string): unknown => {
    if (schema instanceof z.ZodObject) return (schema.shape as Readonly<Record<string, unknown>>)[key];
    if (schema instanceof z.ZodRecord) return schema.valueType;
    return schema instanceof z.ZodArray ? schema.element : undefined;
  };
  return typeof value === "object" ? Object.entries(value).flatMap(([key, each]) => namedUrls(inner(key), each, [...path, key])) : [];
}
