import { z } from "zod";
import { registryFields } from "../adapters.ts";
import type { Context } from "../core/run/step.ts";
import { type ImageRef, formatImageRepository } from "../core/image/image.ts";
import { image, jsonObject, keyValues, type FieldMeta } from "../core/run/input.ts";
import { anyJson } from "../core/run/output.ts";
import { namedOnly } from "../core/run/named-only.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import type { RepositorySettings } from "../core/registry/repository-settings.ts";
import { createRepositoryStep } from "../steps/create-repository.ts";

/** At most two wildcards: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html */
const exclusion = /^(?=.{1,128}$)[\w.-]*(\*[\w.-]*){0,2}$/;
/** An alias can be given to another key, so what is there could not be compared with it. */
const kmsKey = /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/)?(mrk-)?[0-9a-f-]{32,36}$/;

const byDefault = "the registry's own";

const fields = z.object({
  image: image().describe("repository to create, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app").meta({ positional: 0 }),
  ...namedOnly({
    tagMutability: z
      .enum(["MUTABLE", "IMMUTABLE"])
      .optional()
      .describe("let a tag be moved to another image, or forbid it")
      .meta({ byDefault } satisfies FieldMeta),
    tagMutabilityExclusions: z
      .array(z.string().regex(exclusion, { error: ({ input }) => `"${String(input)}" is not a filter such as dev-* with at most two *` }))
      .max(5, "there are more than five")
      .default([])
      .describe("make this tag an exception to the tag mutability, such as latest or dev-*")
      .meta({ placeholder: "FILTER" } satisfies FieldMeta),
    scanOnPush: z
      .boolean()
      .optional()
      .describe("scan each image for vulnerabilities when it is pushed")
      .meta({ byDefault } satisfies FieldMeta),
    encryption: z
      .enum(["AES256", "KMS", "KMS_DSSE"])
      .optional()
      .describe("encrypt images in this way, which cannot be changed later")
      .meta({ byDefault } satisfies FieldMeta),
    kmsKey: z
      .string()
      .regex(kmsKey, { error: ({ input }) => `"${String(input)}" is not the ARN or ID of a KMS key` })
      .optional()
      .describe("encrypt with this KMS key, by its ARN or ID")
      .meta({ byDefault: "the account's own key for ECR", placeholder: "ARN|ID" } satisfies FieldMeta),
    lifecyclePolicy: jsonObject().optional().describe("delete old images by this lifecycle policy"),
    repositoryPolicy: jsonObject().optional().describe("let others use the repository by this policy"),
    repositoryTags: keyValues().default({}).describe("put this tag on the repository itself"),
    update: z
      .boolean()
      .default(false)
      .describe("change the settings of an existing repository that differ")
      .meta({ byDefault: "only warn of them" } satisfies FieldMeta),
  }),
  ...registryFields,
});

/** A given field has an effect. */
const effectRule: Rule<Pick<z.output<typeof fields>, "image" | "tagMutability" | "tagMutabilityExclusions" | "encryption" | "kmsKey">> = {
  fields: ["image", "tagMutability", "tagMutabilityExclusions", "encryption", "kmsKey"],
  check: ({ image, tagMutability, tagMutabilityExclusions, encryption, kmsKey }) => [
    ...(image.tag === undefined && image.digest === undefined ? [] : [{ field: "image", message: "it is a repository alone" }]),
    ...(tagMutability === undefined && tagMutabilityExclusions.length > 0
      ? [{ field: "tagMutabilityExclusions", message: "there is no tag mutability to exclude them from" }]
      : []),
    ...(kmsKey !== undefined && (encryption === undefined || encryption === "AES256")
      ? [{ field: "kmsKey", message: "it is for the encryption KMS or KMS_DSSE" }]
      : []),
  ],
};

const input = withRules(fields, [effectRule]);

const output = z
  .object({
    repository: z.string().describe("registry and repository").meta({ output: "repository" }),
    arn: z.string().nullable().describe("its ARN at AWS").meta({ output: "arn" }),
    tagMutability: z.string().nullable().describe("MUTABLE where a tag can be moved to another image, or IMMUTABLE"),
    tagMutabilityExclusions: z.array(z.string()).describe("filters of the tags that are exceptions to it"),
    scanOnPush: z.boolean().nullable().describe("true if each image is scanned when it is pushed"),
    encryption: z.string().nullable().describe("encryption of the images"),
    kmsKey: z.string().nullable().describe("ARN of the KMS key"),
    lifecyclePolicy: anyJson().describe("lifecycle policy"),
    repositoryPolicy: anyJson().describe("policy that lets others use the repository"),
    tags: z.record(z.string(), z.string()).describe("tags of the repository itself"),
  })
  .describe("Repository of a registry, as it is");

/** The repository as it is. */
export type CreateRepositoryResult = ResultOf<typeof output>;

/** Creates a repository at a registry where a push does not. */
export const createRepository = definePipeline({
  name: "create-repository",
  summary: "Create the repository of an image with its settings, or compare an existing one",
  examples: [
    "create-repository 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app --tag-mutability IMMUTABLE --scan-on-push",
    "create-repository 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app --dry-run",
  ],
  runs: "our code",
  input,
  output,
  steps: [createRepositoryStep],
  async run(ctx, values) {
    const { registry, repository } = values.image;
    const settings = settingsOf(values);
    const { result } = await ctx.run(createRepositoryStep, { image: { registry, repository }, settings, update: values.update });
    return result;
  },
});

/** Creates the repositories of these images that are missing, where a registry does not do so on a push. One that is there is taken as it is. */
export async function createRepositories(ctx: Context, images: readonly ImageRef[]): Promise<void> {
  const created = images.filter((image) => ctx.registry(image.registry).repository !== undefined);
  const inputs = new Map(
    created.map(({ registry, repository }) => [formatImageRepository({ registry, repository }), { registry, repository }]),
  );
  await ctx.all([...inputs.values()].map((image) => ctx.run(createRepositoryStep, { image, settings: {}, update: false })));
}

type Values = z.output<typeof input>;

/** Returns the given settings alone: the others are absent, so that they are neither set nor compared. */
function settingsOf(values: Values): RepositorySettings {
  const { tagMutability, tagMutabilityExclusions, scanOnPush, encryption, kmsKey, lifecyclePolicy, repositoryPolicy, repositoryTags } =
    values;
  const mutability = tagMutabilityExclusions.length > 0 ? (`${tagMutability}_WITH_EXCLUSION` as const) : tagMutability;
  return {
    ...(mutability !== undefined && { tagMutability: mutability, tagMutabilityExclusions }),
    ...(scanOnPush !== undefined && { scanOnPush }),
    ...(encryption !== undefined && { encryption }),
    ...(kmsKey !== undefined && { kmsKey }),
    ...(lifecyclePolicy !== undefined && { lifecyclePolicy }),
    ...(repositoryPolicy !== undefined && { repositoryPolicy }),
    ...(Object.keys(repositoryTags).length > 0 && { tags: repositoryTags }),
  };
}
