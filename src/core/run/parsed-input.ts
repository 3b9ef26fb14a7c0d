// What a parsed input names: what a run is going to touch, and what it was given for it.
import type { z } from "zod";
import type { Credential } from "../credential.ts";
import { formatRepository, type Repository } from "../git/repository.ts";
import { isRepository } from "../git/repository-hosts.ts";
import { settleTransport } from "../git/transport.ts";
import type { ImageRef } from "../image/image.ts";
import type { Destination } from "../notify/destination.ts";
import { isSecret, type Secret } from "../secret.ts";
import type { Servers } from "../servers.ts";
import { fieldMeta } from "./input.ts";

/** A secret that an input may hold, and what it opens there. */
export interface Opening {
  readonly field: string;
  /** Its own name, in a field of several secrets. */
  readonly of: string | undefined;
  readonly opened: Omit<Credential, "secret">;
  /** Undefined where it is not given. */
  readonly secret: Secret | undefined;
}

/** Returns all that the secrets of an input open, given or not. Secrets by name without a list of names are for a build alone. */
export function openingsOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly Opening[] {
  return Object.entries(schema.shape).flatMap(([field, type]) => {
    const { opens, names } = fieldMeta(type as z.ZodType);
    return (names ?? [undefined]).flatMap((of) => {
      const value = of === undefined ? input[field] : (input[field] as Readonly<Record<string, unknown>> | undefined)?.[of];
      const secret = isSecret(value) ? value : undefined;
      return [opens?.(input, of ?? field) ?? []].flat().map((opened) => ({ field, of, opened, secret }));
    });
  });
}

/** Returns the credentials that a parsed input holds, each for what it opens. */
export function credentialsOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly Credential[] {
  return openingsOf(schema, input).flatMap(({ opened, secret }) => (secret === undefined ? [] : [{ ...opened, secret }]));
}

/** Returns the repositories of a parsed input, by their fields. */
export function repositoriesOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly (readonly [string, Repository])[] {
  return Object.keys(schema.shape).flatMap((name) =>
    [input[name]].flat().flatMap((each) => (isRepository(each) ? [[name, each] as const] : [])),
  );
}

/** Returns the names of the repositories that a run with this input writes to, such as `github.com/acme/fleet`. */
export function writtenRepositories(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly string[] {
  const isWritten = (field: string): boolean => {
    const { written } = fieldMeta(schema.shape[field] as z.ZodType);
    return typeof written === "string" ? input[written] === undefined : written === true;
  };
  return repositoriesOf(schema, input).flatMap(([field, each]) => (isWritten(field) ? [formatRepository(each)] : []));
}

/** Returns a parsed input whose repositories have the transport that these servers settle. */
export function settleRepositories<V extends Readonly<Record<string, unknown>>>(input: V, servers: Pick<Servers, "plainHttp">): V {
  const settle = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(settle);
    return isRepository(value) ? settleTransport(value, servers) : value;
  };
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, settle(value)])) as V;
}

/** Returns the images of a parsed input. */
export function imagesOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly ImageRef[] {
  return Object.keys(schema.shape).flatMap((name) => [input[name]].flat().filter(isImage));
}

/** Returns the destinations of a parsed input. */
export function destinationsOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly Destination[] {
  return Object.keys(schema.shape).flatMap((name) => [input[name]].flat().filter(isDestination));
}

function isImage(value: unknown): value is ImageRef {
  return typeof value === "object" && value !== null && "registry" in value && "repository" in value;
}

function isDestination(value: unknown): value is Destination {
  return typeof value === "object" && value !== null && "notifier" in value && "place" in value;
}
