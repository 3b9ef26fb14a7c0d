import { z } from "zod";
import type { ImageRef } from "../image/image.ts";
import { secret, type FieldMeta } from "./input.ts";

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
      .meta({ byDefault, placeholder: "NAME" } satisfies FieldMeta),
    registryPassword: secret((input) => passwordFor(input[image] as ImageRef, input.registryUsername))
      .optional()
      .describe("log in to the image's registry with this password or token")
      .meta({ byDefault } satisfies FieldMeta),
  };
}

/** The field that makes a pushing pipeline create the repository first. */
export const createRepositoryField = {
  createRepository: z
    .boolean()
    .default(false)
    .describe("create the image's repository first if it is missing, at a registry where a push does not"),
};

function passwordFor({ registry }: ImageRef, username: unknown): { for: string; kind: "password"; username?: string } {
  return { for: registry, kind: "password", ...(username === undefined ? {} : { username: username as string }) };
}
