import { z } from "zod";
import type { Context } from "../core/context.ts";
import { FairleadError } from "../core/errors.ts";
import { isTag, type ImageRef } from "../core/image.ts";
import { directory, folderInside, image, keyValues, repository, secret, secrets } from "../core/input.ts";
import { definePipeline } from "../core/pipeline.ts";
import { formatRepository, type Repository } from "../core/repository.ts";
import { cloneRepository, folderSource, type Source } from "../dagger/clone.ts";
import { imageOf } from "../dagger/image.ts";
import { push, type Pushed } from "../steps/push.ts";

const input = z.object({
  repository: repository().optional().describe("Git repository to build: an https or ssh URL").meta({ positional: 0 }),
  ref: z.string().min(1).optional().describe("branch, tag or full commit SHA of the repository; without it, the default branch"),
  source: directory().optional().describe("folder to build instead of a repository"),
  image: image().describe("image to push, such as ghcr.io/acme/app:1.4.3; without a tag, it gets sha- and the commit"),
  tags: z
    .array(z.string().refine(isTag, { error: ({ input }) => `"${String(input)}" is not a tag` }))
    .default([])
    .describe("further tag of the image"),
  context: folderInside().default("").describe("folder of the source that is the build context"),
  dockerfile: z.string().min(1).default("Dockerfile").describe("path of the Dockerfile in the build context"),
  target: z.string().min(1).optional().describe("stage of the Dockerfile to build; without it, the last"),
  buildArgs: keyValues().default({}).describe("build argument as KEY=VALUE"),
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
  registryUsername: z.string().min(1).optional().describe("user name at the image's registry"),
  registryPassword: secret(passwordFor).optional().describe("password or token at the image's registry"),
});

/** What was built, from what, and where it is. */
export type BuildResult = Pushed & { readonly source: string; readonly commit: string | null };

/** Builds an image from a commit and pushes it. The same build is never made twice. */
export const build = definePipeline({
  name: "build",
  summary: "Build an image from a repository or a folder and push it to a registry",
  input,
  steps: [push],
  async run(ctx, values): Promise<BuildResult> {
    refuseDigest(values.image);
    const source = await openSource(ctx, values);
    const tags = tagsOf(values.image, values.tags, source);
    const platforms = [...new Set(values.platforms)];
    const made = imageOf(source, { ...values, platforms, target: values.target }, values.secrets, tags[0]);
    const { registry, repository } = values.image;
    const { result } = await ctx.run(push, { image: { registry, repository }, tags, build: made, rebuild: values.rebuild });
    return { ...result, source: source.name, commit: source.commit?.sha ?? null };
  },
});

function refuseDigest({ digest }: ImageRef): void {
  if (digest === undefined) return;
  const message = "a push makes a new digest, so none can be given";
  throw new FairleadError("input", `build: image: ${message}`, {
    fields: [{ field: "image", message }],
    hint: "give a tag, or the repository alone",
  });
}

function openSource(ctx: Context, { repository, source, ref }: z.output<typeof input>): Promise<Source> {
  if (repository !== undefined && source === undefined) return cloneRepository(ctx, repository, ref);
  if (source !== undefined && repository === undefined && ref === undefined) return folderSource(ctx, source);
  const both = repository === undefined ? "a folder and a ref, which only a repository has" : "both a repository and a folder";
  const wrong = source === undefined ? "there is neither a repository nor a folder" : `there is ${both}`;
  throw new FairleadError("input", `build: ${wrong}`, { hint: "name a repository (and perhaps a ref), or a folder with --source" });
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

function passwordFor({ image, registryUsername }: Readonly<Record<string, unknown>>): { for: string; kind: "password"; username?: string } {
  return {
    for: (image as ImageRef).registry,
    kind: "password",
    ...(registryUsername === undefined ? {} : { username: registryUsername as string }),
  };
}
