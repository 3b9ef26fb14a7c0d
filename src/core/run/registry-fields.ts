import { z } from "zod";
import type { AwsAccess } from "../aws/access.ts";
import type { ImageRef } from "../image/image.ts";
import { secret, type FieldMeta } from "./input.ts";

/** The login at the registry of the input's `image`, for every pipeline that pushes one. */
export const loginFields = {
  registryUsername: z.string().min(1).optional().describe("user name at the image's registry"),
  registryPassword: secret(passwordFor).optional().describe("password or token at the image's registry"),
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;

/** Who to be at AWS, for every pipeline that touches a registry: `awsSettings` reads them. */
export const awsFields = {
  awsRole: z
    .string()
    .regex(roleArn, { error: ({ input }) => `"${String(input)}" is not the ARN of an IAM role` })
    .optional()
    .describe("IAM role for ECR, by its ARN")
    .meta({
      sentences: { module: "none in a Dagger module: give registryUsername AWS and, as registryPassword, `aws ecr get-login-password`" },
    } satisfies FieldMeta),
  awsAccounts: z
    .array(z.string().regex(/^\d{12}$/, { error: ({ input }) => `"${String(input)}" is not an AWS account: it has twelve digits` }))
    .default([])
    .describe("AWS account that may be used, by its ID; without it, any"),
};

/** Whether a pipeline that pushes makes the repository first. */
export const createRepositoryField = {
  createRepository: z
    .boolean()
    .default(false)
    .describe("create the repository if it is missing, at a registry that does not do so by itself, such as ECR"),
};

/** Returns what a parsed input says of AWS. A pipeline without these fields says nothing. */
export function awsSettings(input: Readonly<Record<string, unknown>>): Pick<AwsAccess, "role" | "accounts"> {
  const { awsRole, awsAccounts } = input as { awsRole?: string; awsAccounts?: readonly string[] };
  return { role: awsRole, accounts: awsAccounts ?? [] };
}

function passwordFor({ image, registryUsername }: Readonly<Record<string, unknown>>): { for: string; kind: "password"; username?: string } {
  return {
    for: (image as ImageRef).registry,
    kind: "password",
    ...(registryUsername === undefined ? {} : { username: registryUsername as string }),
  };
}
