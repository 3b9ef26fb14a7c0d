import { z } from "zod";
import type { ImageRef } from "../image/image.ts";
import { secret } from "./input.ts";

/** The login at the registry of the input's `image`, for every pipeline that pushes one. */
export const loginFields = {
  registryUsername: z.string().min(1).optional().describe("user name at the image's registry"),
  registryPassword: secret(passwordFor).optional().describe("password or token at the image's registry"),
};

/** The field that makes a pushing pipeline create the repository first. */
export const createRepositoryField = {
  createRepository: z
    .boolean()
    .default(false)
    .describe("create the repository if it is missing, at a registry where a push does not create it"),
};

function passwordFor({ image, registryUsername }: Readonly<Record<string, unknown>>): { for: string; kind: "password"; username?: string } {
  return {
    for: (image as ImageRef).registry,
    kind: "password",
    ...(registryUsername === undefined ? {} : { username: registryUsername as string }),
  };
}
