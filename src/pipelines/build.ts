import { z } from "zod";
import { registryFields } from "../adapters.ts";
import type { Context } from "../core/run/step.ts";
import { FairleadError } from "../core/errors.ts";
import { formatImage, isTag, type ImageRef, type PinnedImage } from "../core/image/image.ts";
import { directory, folderInside, image, keyValues, pathInside, repository, secret, secrets } from "../core/run/input.ts";
import { digest } from "../core/run/output.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { createRepositoryField, loginFields } from "../core/run/registry-fields.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { cloneRepository, folderSource, type Source } from "../dagger/clone.ts";
import { imageOf } from "../dagger/image.ts";
import { createRepositoryStep } from "../steps/create-repository.ts";
import { pushStep } from "../steps/push.ts";
import { retagStep } from "../steps/retag.ts";
import { createRepositories } from "./create-repository.ts";

const fields = z.object({
  repository: repository().optional().describe("Git repository to build: an https or ssh URL").meta({ positional: 0 }),
  ref: z
    .string()
    .min(1)
    .optional()
    .describe("branch, tag or full commit SHA of the repository; without it, the default branch")
    .meta({ fromEvent: "text" }),
  source: directory().optional().describe("folder to build instead of a repository"),
  image: image().describe("image to push, such as ghcr.io/acme/app:1.4.3; without a tag, it gets sha- and the commit"),
  tags: z
    .array(z.string().refine(isTag, { error: ({ input }) => `"${String(input)}" is not a tag` }))
    .default([])
    .describe("further tag of the image")
    .meta({ fromEvent: "text" }),
  copyTo: z.array(image()).default([]).describe("further repository that gets the same digest under the same tags, by copy"),
  context: folderInside().default("").describe("folder of the source that is the build context"),
  dockerfile: pathInside("the build context").default("Dockerfile").describe("path of the Dockerfile in the build context"),
  target: z.string().min(1).optional().describe("stage of the Dockerfile to build; without it, the last"),
  buildArgs: keyValues().default({}).describe("build argument as KEY=VALUE").meta({ fromEvent: "text" }),
  secrets: secrets().default({}).describe("secret that the Dockerfile mounts by its name"),
  platforms: z
    .array(
      z.string().regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/, {
        error: ({ input }) => `"${String(input)}" is not a platform such as linux/arm64`,
      }),
    )
    .default([])
    .describe("platform such as linux/arm64; without it, the engine's own"),
  rebuild: z.boolean().default(false).describe("build even if the registry has this build already"),
  token: secret(({ repository }) => tokenFor(repository))
    .optional()
    .describe("token for the repository's Git server"),
  sshKey: secret(({ repository }) => credentialFor(repository, "ssh-key"))
    .optional()
    .describe("private key for a repository over SSH"),
  sshKnownHosts: secret(({ repository }) => credentialFor(repository, "known-hosts"))
    .optional()
    .describe("known hosts for a repository over SSH"),
  ...loginFields,
  ...registryFields,
  ...createRepositoryField,
});
type BuildInput = z.output<typeof fields>;

const sourceHint = "name a repository (and perhaps a ref), or a folder with --source";

/** Either a repository is built or a folder. */
const sourceRule: Rule<Pick<BuildInput, "repository" | "source" | "ref">> = {
  fields: ["repository", "source", "ref"],
  check({ repository, source, ref }) {
    if (source === undefined) {
      return repository === undefined ? [{ field: "", message: "there is neither a repository nor a folder", hint: sourceHint }] : [];
    }
    if (repository === undefined && ref === undefined) return [];
    const both = repository === undefined ? "a folder and a ref, which only a repository has" : "both a repository and a folder";
    return [{ field: "source", message: `there is ${both}`, hint: sourceHint }];
  },
};

/** A push makes a new digest, and copies get the tags of the image. */
const imageRule: Rule<Pick<BuildInput, "image">> = {
  fields: ["image"],
  check: ({ image }) =>
    image.digest === undefined
      ? []
      : [{ field: "image", message: "a push makes a new digest, so none can be given", hint: "give a tag, or the repository alone" }],
};

const copyRule: Rule<Pick<BuildInput, "copyTo">> = {
  fields: ["copyTo"],
  check: ({ copyTo }) =>
    copyTo
      .filter(({ tag, digest }) => tag !== undefined || digest !== undefined)
      .map((each) => ({ field: "copyTo", message: `${formatImage(each)} is more than a repository: a copy gets the tags of the image` })),
};

/** The rules over the fields of a build, for every pipeline that builds. */
export const buildRules = [sourceRule, imageRule, copyRule];
const input = withRules(fields, buildRules);

/** The result of a build: the image, its source and its places. A copy is named by its first tag and the digest that all have. */
export type BuildResult = ResultOf<typeof output>;

const output = z
  .object({
    image: z.string().describe("first tag of the image, pinned to its digest").meta({ output: "image" }),
    digest: digest().describe("digest of the image, or of the index of several platforms").meta({ output: "digest" }),
    platforms: z
      .array(
        z
          .object({
            platform: z.string().describe("platform such as linux/arm64"),
            digest: digest().describe("digest of its image"),
          })
          .describe("Image of one platform"),
      )
      .describe("image of each platform"),
    tags: z.array(z.string()).describe("all tags of the image").meta({ output: "tags" }),
    copies: z.array(z.string()).describe("same image in other repositories"),
    source: z.string().describe("what was built, for people"),
    commit: z.string().nullable().describe("commit that was built, if it was one").meta({ output: "commit" }),
  })
  .describe("What was built, and where it is");

/** Builds an image from a commit and pushes it. The same build is never made twice. */
export const build = definePipeline({
  name: "build",
  summary: "Build an image from a repository or a folder and push it to a registry",
  example: "build https://github.com/acme/app --image ghcr.io/acme/app:1.4.3",
  runs: "their code",
  input,
  output,
  steps: [createRepositoryStep, pushStep, retagStep],
  async run(ctx, values) {
    const source = await openSource(ctx, values);
    const tags = tagsOf(values.image, values.tags, source);
    const platforms = [...new Set(values.platforms)];
    const made = imageOf(source, { ...values, platforms, target: values.target }, values.secrets, tags[0]);
    const { registry, repository } = values.image;
    if (values.createRepository) await createRepositories(ctx, [values.image, ...values.copyTo]);
    const { result } = await ctx.run(pushStep, { image: { registry, repository }, tags, build: made, rebuild: values.rebuild });
    const copies = await copyAll(ctx, { registry, repository, digest: result.digest }, tags, values.copyTo);
    return { ...result, copies, source: source.name, commit: source.commit?.sha ?? null };
  },
});

/** A copy has the tags that the image has, and moves them as the push did. */
async function copyAll(
  ctx: Context,
  image: PinnedImage,
  tags: readonly [string, ...string[]],
  to: readonly ImageRef[],
): Promise<readonly string[]> {
  const common = { source: image, manifest: undefined, tags, onConflict: "move", referrers: false, unchecked: false } as const;
  await ctx.all(to.map((each) => ctx.run(retagStep, { ...common, to: each })));
  return to.map((each) => formatImage({ ...each, tag: tags[0], digest: image.digest }));
}

function openSource(ctx: Context, { repository, source, ref }: BuildInput): Promise<Source> {
  if (repository !== undefined) return cloneRepository(ctx, repository, ref);
  if (source !== undefined) return folderSource(ctx, source);
  throw new FairleadError("internal", "build: there is neither a repository nor a folder");
}

function tagsOf(image: ImageRef, further: readonly string[], source: Source): readonly [string, ...string[]] {
  const [first, ...rest] = [...(image.tag === undefined ? [] : [image.tag]), ...further];
  if (first !== undefined) return [first, ...rest.filter((tag, index) => tag !== first && rest.indexOf(tag) === index)];
  if (source.commit !== undefined) return [`sha-${source.commit.sha.slice(0, 12)}`];
  throw new FairleadError("input", `build ${source.name}: it is not a clean commit that could name the image`, {
    hint: "give the image a tag",
  });
}

type Opened = { for: string; kind: "token" | "ssh-key" | "known-hosts" } | undefined;

function tokenFor(repository: unknown): Opened {
  return credentialFor(repository, "token");
}

function credentialFor(repository: unknown, kind: NonNullable<Opened>["kind"]): Opened {
  return repository === undefined ? undefined : { for: formatRepository(repository as Repository), kind };
}
