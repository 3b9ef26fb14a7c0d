import { z } from "zod";
import type { ImageRef } from "../image/image.ts";
import { oneLineSecret } from "../one-line-secret.ts";
import type { Secret } from "../secret.ts";
import { secret, type FieldMeta } from "./input.ts";
import type { Rule } from "./rules.ts";

const byDefault = { "command line": "the login of docker login", listener: "credentials of fairlead.yaml, else docker login" } as const;

/** The login at the registry of the input's `image`, for every pipeline that pushes one. */
export const loginFields = loginTo("image");

/** Returns the login at the registry of a field of the input. */
export function loginTo(image: string) {
  return {
    registryUsername: z
      .string()
      .min(1)
      .optional()
      .describe("log in to the image's registry as this user")
      .meta({ byDefault, placeholder: "NAME", group: "Credentials", namedOnly: true } satisfies FieldMeta),
    registryPassword: secret((input) => passwordFor(input[image] as ImageRef, input.registryUsername))
      .optional()
      .describe("log in to the image's registry with this password or token")
      .meta({ byDefault } satisfies FieldMeta),
  };
}

/** A user name alone is no login. A password alone is told where it is used: its own rule knows whose it is. */
export const loginRule: Rule<{ readonly registryUsername?: string | undefined; readonly registryPassword?: Secret | undefined }> = {
  fields: ["registryUsername", "registryPassword"],
  check: ({ registryUsername, registryPassword }) =>
    registryUsername === undefined || registryPassword !== undefined
      ? []
      : [{ field: "registryPassword", message: "it is missing: a login is a user name and a password", hint: "give both" }],
};

const pullDefault = "the login that pushes";

/** The login with which a build pulls base images at the image's registry. A Dockerfile can copy out whatever it may read. */
export const pullFields = {
  pullUsername: z
    .string()
    .min(1)
    .optional()
    .describe("pull base images from the image's registry as this user")
    .meta({ byDefault: pullDefault, placeholder: "NAME", group: "Credentials", namedOnly: true } satisfies FieldMeta),
  pullPassword: secret(() => undefined)
    .optional()
    .describe("pull base images from the image's registry with this password or token")
    .meta({ byDefault: pullDefault } satisfies FieldMeta),
  pullLogin: z
    .boolean()
    .default(true)
    .describe("log in to the image's registry while building: the Dockerfile can copy out all that the login may read")
    .meta({
      group: "Credentials",
      excludes: ["pullUsername", "pullPassword"],
      sentences: {
        "command line": "build without a login to the image's registry, so that the Dockerfile reads only what is public there",
        module: "log in to the image's registry while building; the logins of your own Docker configuration are used in any case",
      },
    } satisfies FieldMeta),
};

/** The fields of a login to pull with. */
export interface PullValues {
  readonly pullUsername?: string | undefined;
  readonly pullPassword?: Secret | undefined;
  readonly pullLogin: boolean;
}

/** A login has both parts, and none stands beside the wish for none. */
export const pullRule: Rule<PullValues> = {
  fields: ["pullUsername", "pullPassword", "pullLogin"],
  check({ pullUsername, pullPassword, pullLogin }) {
    const given = [pullUsername, pullPassword].filter((each) => each !== undefined).length;
    if (!pullLogin && given > 0)
      return [{ field: "pullLogin", message: "there is a login to pull with, and none is wanted", hint: "leave out one of both" }];
    if (given !== 1) return [];
    const field = pullUsername === undefined ? "pullUsername" : "pullPassword";
    return [{ field, message: "it is missing: a login is a user name and a password", hint: "give both" }];
  },
};

/** Returns the login that these fields name: none, that of the push, or another. */
export function readPullLogin(values: PullValues): "that of the push" | "none" | { username: string; password: Secret } {
  const { pullUsername: username, pullPassword: password, pullLogin } = values;
  if (username !== undefined && password !== undefined) return { username, password: oneLineSecret(password) };
  return pullLogin ? "that of the push" : "none";
}

/** The field that makes a pushing pipeline create the repository first. */
export const createRepositoryField = {
  createRepository: z
    .boolean()
    .default(false)
    .describe("create the image's repository first if it is missing, at a registry where a push does not")
    .meta({ namedOnly: true } satisfies FieldMeta),
};

function passwordFor({ registry }: ImageRef, username: unknown): { for: string; kind: "password"; username?: string } {
  return { for: registry, kind: "password", ...(username === undefined ? {} : { username: username as string }) };
}
