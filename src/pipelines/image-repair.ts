import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { image } from "../core/run/input.ts";
import { digest } from "../core/run/output.ts";
import { definePipeline } from "../core/run/pipeline.ts";
import { loginFields, loginRule } from "../core/run/registry-fields.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { repairReferrersStep } from "../steps/repair-referrers.ts";

const fields = z.object({
  image: image().describe("repository whose lists of signatures are repaired, as REGISTRY/REPOSITORY").meta({ positional: 1 }),
  ...loginFields,
  ...registryFields,
});

const repositoryRule: Rule<Pick<z.output<typeof fields>, "image">> = {
  fields: ["image"],
  check: ({ image }) =>
    image.tag === undefined && image.digest === undefined ? [] : [{ field: "image", message: "it is a repository alone" }],
};

const output = z
  .object({
    repository: z.string().describe("registry and repository"),
    lists: z
      .array(
        z
          .object({
            tag: z.string().describe("tag of the list: sha256- and the digest of the image"),
            from: digest().describe("digest that the list had before"),
            digest: digest().describe("digest of the list"),
            referrers: z.number().describe("number of signatures, SBOMs and attestations that it names"),
            changed: z.boolean().describe("true if it was written anew"),
          })
          .describe("List of the signatures, SBOMs and attestations of an image"),
      )
      .describe("each list of the repository"),
  })
  .describe("Lists of referrers of a repository");

/** Repairs the lists of referrers of a repository. It is a command alone, `image repair`, and no pipeline of the list. */
export const imageRepair = definePipeline({
  name: "image",
  summary: "Repair the lists of signatures of a repository",
  examples: ["image repair ghcr.io/acme/app --dry-run"],
  runs: "our code",
  input: withRules(fields, [repositoryRule, loginRule]),
  output,
  steps: [repairReferrersStep],
  async run(ctx, { image: { registry, repository } }) {
    return (await ctx.run(repairReferrersStep, { repository: { registry, repository } })).result;
  },
});
