// What a parsed input names: what a run is going to touch, and what it was given for it.
import type { z } from "zod";
import type { Credential } from "../credential.ts";
import type { Repository } from "../git/repository.ts";
import { settleTransport } from "../git/transport.ts";
import type { ImageRef } from "../image/image.ts";
import type { Destination } from "../notify/destination.ts";
import { isSecret, type Secret } from "../secret.ts";
import type { Servers } from "../servers.ts";
import { fieldMeta } from "./input.ts";

/** Returns the credentials that a parsed input holds, each for what it opens. */
export function credentialsOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly Credential[] {
  return Object.entries(schema.shape).flatMap(([field, type]) => {
    const { opens, kind } = fieldMeta(type as z.ZodType);
    if (opens === undefined) return [];
    const value = input[field] ?? {};
    const given = kind === "secrets" ? Object.entries(value as Readonly<Record<string, Secret>>) : [[field, value] as const];
    return given.flatMap(([name, secret]) => {
      const opened = isSecret(secret) ? opens(input, name) : undefined;
      return opened === undefined ? [] : [{ ...opened, secret: secret as Secret }];
    });
  });
}

/** Returns the repositories of a parsed input, by their fields. */
export function repositoriesOf(schema: z.ZodObject, input: Readonly<Record<string, unknown>>): readonly (readonly [string, Repository])[] {
  return Object.keys(schema.shape).flatMap((name) =>
    [input[name]].flat().flatMap((each) => (isRepository(each) ? [[name, each] as const] : [])),
  );
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

function isRepository(value: unknown): value is Repository {
  return typeof value === "object" && value !== null && "transport" in value && "host" in value;
}
