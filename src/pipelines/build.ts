import { z } from "zod";
import { adapters, registryFields, tokenDefault } from "../adapters.ts";
import type { Context } from "../core/run/step.ts";
import { FairleadError } from "../core/errors.ts";
import { formatImage, type ImageRef, type PinnedImage } from "../core/image/image.ts";
import {
  directory,
  type FieldMeta,
  folderInside,
  image,
  keyValues,
  pathInside,
  repository,
  secret,
  secrets,
  tagName,
} from "../core/run/input.ts";
import { appFields, appRule } from "../core/run/app-fields.ts";
import { digest } from "../core/run/output.ts";
import { normalPlatform, platformNames } from "../core/image/platform.ts";
import { revisionLabel } from "../core/image/tag-conflict.ts";
import { inGroup } from "../core/run/in-group.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { createRepositoryField, loginFields, loginRule, pullFields, pullRule, readPullLogin } from "../core/run/registry-fields.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import { suggest } from "../core/text/suggest.ts";
import { cloneRepository, folderSource, requireDockerfile, type Source } from "../dagger/clone.ts";
import { imageOf } from "../dagger/image.ts";
import { createRepositoryStep } from "../steps/create-repository.ts";
import { pushStep } from "../steps/push.ts";
import { retagStep, type RetagInput } from "../steps/retag.ts";
import { createRepositories } from "./create-repository.ts";

const fields = z.object({
  repository: repository().optional().describe("Git repository to build, by its https or ssh URL").meta({ positional: 0 }),
  ref: z
    .string()
    .min(1)
    .optional()
    .describe("build this branch, tag or full commit SHA of the repository")
    .meta({ byDefault: "the default branch", placeholder: "BRANCH|TAG|SHA", fromEvent: "text" } satisfies FieldMeta),
  submodules: z
    .array(repository())
    .default([])
    .describe("let a submodule of the commit be this repository; a submodule that no such flag names is an error")
    .meta({ placeholder: "REPOSITORY" } satisfies FieldMeta),
  source: directory()
    .optional()
    .describe("build this folder in place of a repository")
    .meta({ insteadOf: "repository", excludes: ["repository", "ref"] } satisfies FieldMeta),
  image: image()
    .describe("push the image under this name, such as ghcr.io/acme/app:1.4.3; a name without a tag gets the tag sha-COMMIT")
    .meta({ written: true } satisfies FieldMeta),
  tags: z
    .array(tagName())
    .default([])
    .describe("give the image this tag as well")
    .meta({ placeholder: "NAME", fromEvent: "text" } satisfies FieldMeta),
  onConflict: z
    .enum(["fail", "move"])
    .optional()
    .describe("fail or move the tag if it already points to an image of another commit")
    .meta({ byDefault: "fail for versions such as 1.4.3; move latest, main, 1, 1.4", namedOnly: true } satisfies FieldMeta),
  copyTo: z
    .array(image())
    .default([])
    .describe("copy the image to this repository too, with the same digest and tags")
    .meta({ placeholder: "REGISTRY/REPOSITORY", written: true } satisfies FieldMeta),
  ...inGroup("Build", {
    context: folderInside()
      .default("")
      .describe("use this folder of the source as the build context")
      .meta({ byDefault: "all of the source", placeholder: "DIR" } satisfies FieldMeta),
    dockerfile: pathInside("the build context")
      .default("Dockerfile")
      .describe("build by this Dockerfile, by its path in the build context")
      .meta({ placeholder: "PATH" } satisfies FieldMeta),
    target: z
      .string()
      .min(1)
      .optional()
      .describe("build this stage of the Dockerfile")
      .meta({ byDefault: "the last stage", placeholder: "STAGE" } satisfies FieldMeta),
    buildArgs: keyValues().default({}).describe("set this build argument of the Dockerfile").meta({ fromEvent: "text" }),
    secrets: secrets()
      .default({})
      .describe("give the build this secret, which the Dockerfile mounts by its name")
      .meta({
        sentences: {
          module: "give the build this secret, which the Dockerfile mounts by its name; dagger call shows it if a RUN prints it",
        },
      } satisfies FieldMeta),
    platforms: z
      .array(
        z.string().refine((text) => normalPlatform(text) !== undefined, {
          error: ({ input }) => `"${String(input)}" is not a platform such as ${suggest(String(input), platformNames) ?? "linux/arm64"}`,
          params: { hint: "write OS/ARCHITECTURE, such as linux/amd64 or linux/arm64" },
        }),
      )
      .default([])
      .describe("build for this platform, such as linux/arm64")
      .meta({ byDefault: "the engine's own platform", placeholder: "OS/ARCH" } satisfies FieldMeta),
    rebuild: z.boolean().default(false).describe("build and push even if the registry has this build already"),
  }),
  token: secret(({ repository }) => tokenFor(repository))
    .optional()
    .describe("read the repository to build with this token of its Git server")
    .meta({ byDefault: tokenDefault(adapters.gitProviders) } satisfies FieldMeta),
  ...appFields(),
  sshKey: secret(({ repository }) => credentialFor(repository, "ssh-key"))
    .optional()
    .describe("read a repository over SSH with this private key"),
  sshKnownHosts: secret(({ repository }) => credentialFor(repository, "known-hosts"))
    .optional()
    .describe("trust these known hosts for a repository over SSH"),
  ...loginFields,
  ...pullFields,
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
      return repository === undefined
        ? [{ field: "", message: "there is neither a repository nor a folder to build", hint: sourceHint }]
        : [];
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
export const buildRules = [sourceRule, imageRule, copyRule, loginRule, pullRule, appRule];
const input = withRules(fields, buildRules);

/** The result of a build: the image, its source and its places. A copy is named by its first tag and the digest that all have. */
export type BuildResult = ResultOf<typeof output>;

const output = z
  .object({
    image: z.string().describe("image by its first tag, pinned to its digest").meta({ output: "image" }),
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
    source: z.string().describe("source that was built, as people name it"),
    commit: z.string().nullable().describe("commit that was built, if it was one").meta({ output: "commit" }),
  })
  .describe("Image that was built, and its places");

/** Builds an image from a commit and pushes it. The same build is never made twice. */
export const build = definePipeline({
  name: "build",
  summary: "Build an image from a repository or a folder and push it to a registry",
  examples: [
    "build https://github.com/acme/app --image ghcr.io/acme/app:1.4.3",
    "build --source . --image ghcr.io/acme/app --tag latest --platform linux/amd64 --platform linux/arm64",
  ],
  runs: "their code",
  input,
  output,
  steps: [createRepositoryStep, pushStep, retagStep],
  async run(ctx, values) {
    const source = await openSource(ctx, values);
    tellSource(ctx, values.repository, source.commit?.sha);
    if (values.source !== undefined) await requireDockerfile(ctx, values.source, values.context, values.dockerfile);
    const tags = tagsOf(values.image, values.tags, source);
    const platforms = [...new Set(values.platforms.flatMap((each) => normalPlatform(each) ?? []))];
    const made = imageOf(source, { ...values, platforms, target: values.target }, values.secrets, tags[0]);
    const { registry, repository } = values.image;
    if (values.createRepository) await createRepositories(ctx, [values.image, ...values.copyTo]);
    const { result } = await ctx.run(pushStep, {
      image: { registry, repository },
      tags,
      build: made,
      rebuild: values.rebuild,
      onConflict: values.onConflict,
      pullLogin: readPullLogin(values),
    });
    const built = { commit: made.annotations[revisionLabel] };
    const copies = await copyAll(ctx, { registry, repository, digest: result.digest }, tags, { ...values, built });
    return { ...result, copies, source: source.name, commit: source.commit?.sha ?? null };
  },
  facts({ image, commit }, { repository }) {
    const source = repository === undefined || commit === null ? undefined : { repository: formatRepository(repository), commit };
    return { images: [{ image, from: undefined, source }], pullRequest: undefined };
  },
});

/** A build that fails has no result that tells it. */
function tellSource(ctx: Context, repository: Repository | undefined, commit: string | undefined): void {
  if (repository === undefined || commit === undefined) return;
  ctx.report({ type: "source", repository: formatRepository(repository), commit });
}

/** A copy has the tags that the image has, and moves them by the rule of the push. */
async function copyAll(
  ctx: Context,
  image: PinnedImage,
  tags: readonly [string, ...string[]],
  { copyTo, onConflict, built }: Pick<BuildInput, "copyTo" | "onConflict"> & Pick<RetagInput, "built">,
): Promise<readonly string[]> {
  const common = { source: image, manifest: undefined, tags, onConflict, built, referrers: false, unchecked: false } as const;
  await ctx.all(copyTo.map((each) => ctx.run(retagStep, { ...common, to: each })));
  return copyTo.map((each) => formatImage({ ...each, tag: tags[0], digest: image.digest }));
}

function openSource(ctx: Context, { repository, source, ref, submodules }: BuildInput): Promise<Source> {
  if (repository !== undefined) return cloneRepository(ctx, repository, ref, submodules);
  if (source !== undefined) return folderSource(ctx, source);
  throw new FairleadError("internal", "build: there is neither a repository nor a folder to build");
}

function tagsOf(image: ImageRef, further: readonly string[], source: Source): readonly [string, ...string[]] {
  const [first, ...rest] = [...(image.tag === undefined ? [] : [image.tag]), ...further];
  if (first !== undefined) return [first, ...rest.filter((tag, index) => tag !== first && rest.indexOf(tag) === index)];
  if (source.commit !== undefined) return [`sha-${source.commit.sha.slice(0, 12)}`];
  const why = source.notClean ?? { notClean: "it is no commit", hint: "build one" };
  throw new FairleadError("input", `build ${source.name}: ${why.notClean}, so no commit names the image`, {
    hint: `give the image a tag, or ${why.hint}`,
  });
}

type Opened = { for: string; kind: "token" | "ssh-key" | "known-hosts" } | undefined;

function tokenFor(repository: unknown): Opened {
  return credentialFor(repository, "token");
}

function credentialFor(repository: unknown, kind: NonNullable<Opened>["kind"]): Opened {
  return repository === undefined ? undefined : { for: formatRepository(repository as Repository), kind };
}
