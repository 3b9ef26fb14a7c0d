import { z } from "zod";
import type { FieldMeta } from "../../core/run/input.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;

/** The fields of an AWS identity, in every pipeline that touches a registry. */
export const accessFields = {
  awsRole: z
    .string()
    .regex(roleArn, { error: ({ input }) => `"${String(input)}" is not the ARN of an IAM role` })
    .optional()
    .describe("assume this IAM role for ECR, by its ARN")
    .meta({
      sentences: {
        module: "an error in a Dagger module: give registryUsername AWS and, as registryPassword, `aws ecr get-login-password`",
      },
      byDefault: { "command line": "the AWS identity of this machine", listener: "the AWS identity of its machine" },
      placeholder: "ARN",
      group: "Credentials",
      namedOnly: true,
    } satisfies FieldMeta),
  awsAccounts: z
    .array(z.string().regex(/^\d{12}$/, { error: ({ input }) => `"${String(input)}" is not an AWS account: it has twelve digits` }))
    .default([])
    .describe("use only this AWS account, by its ID, and fail for any other")
    .meta({ byDefault: "any account", placeholder: "ACCOUNT", group: "Credentials" } satisfies FieldMeta),
};

/** Values of these fields. */
export type AccessFields = z.output<z.ZodObject<typeof accessFields>>;
