import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { asFairleadError, FairleadError } from "../core/errors.ts";
import { formatImage, formatImageRepository, type Digest, type ImageRef } from "../core/image/image.ts";
import { hintOfTags } from "../core/registry/hint-of-tags.ts";
import type { RawManifest } from "../core/registry/images.ts";
import type { StoredImage } from "../core/registry/registry.ts";
import type { Context } from "../core/run/step.ts";
import { waitForImageField } from "../core/image/wait-field.ts";
import { image, secret, tagName, type FieldMeta } from "../core/run/input.ts";
import { digest } from "../core/run/output.ts";
import { namedOnly } from "../core/run/named-only.ts";
import { definePipeline, type ResultOf } from "../core/run/pipeline.ts";
import { createRepositoryField, loginRule, loginTo } from "../core/run/registry-fields.ts";
import { withRules, type Rule } from "../core/run/rules.ts";
import { createRepositoryStep } from "../steps/create-repository.ts";
import { awaitImageStep, restoreImageStep } from "../steps/restore-image.ts";
import { retagStep } from "../steps/retag.ts";
import { waitForImage } from "../steps/wait-for-image.ts";
import { createRepositories } from "./create-repository.ts";
import { waitForImages } from "./wait-for-images.ts";

const fields = z.object({
  source: image()
    .describe("image that gets the tags, by tag or digest, with all its platforms")
    .meta({ positional: 0, written: "to" } satisfies FieldMeta),
  tags: z.array(tagName()).min(1, "there is none").describe("tag to give to the image").meta({ positional: 1, fromEvent: "text" }),
  to: image()
    .optional()
    .describe("copy the image to this repository, and give it the tags there")
    .meta({ byDefault: "the image's own repository", placeholder: "REGISTRY/REPOSITORY", written: true } satisfies FieldMeta),
  onConflict: z
    .enum(["fail", "move", "skip"])
    .optional()
    .describe("fail, move the tag or skip it if it already points to another image")
    .meta({ byDefault: "fail for versions such as 1.4.3; move latest, main, 1, 1.4", namedOnly: true } satisfies FieldMeta),
  referrers: z.boolean().default(false).describe("copy signatures, SBOMs and attestations too, before the tags are given"),
  ...namedOnly({
    restore: z.boolean().default(false).describe("bring an image that the registry has archived back first, which takes minutes"),
    unchecked: z
      .boolean()
      .default(false)
      .describe("skip the conflict check and the read-back: faster, but it may overwrite any tag")
      .meta({ excludes: ["onConflict"] } satisfies FieldMeta),
  }),
  ...loginTo("source"),
  toUsername: z
    .string()
    .min(1)
    .optional()
    .describe("log in to the repository of the tags as this user")
    .meta({ byDefault: "as to the image's registry", placeholder: "NAME", group: "Credentials", namedOnly: true } satisfies FieldMeta),
  toPassword: secret(({ to, toUsername }) => openDestination(to as ImageRef | undefined, toUsername))
    .optional()
    .describe("log in to the repository of the tags with this password or token")
    .meta({ byDefault: "as to the image's registry" } satisfies FieldMeta),
  ...registryFields,
  ...createRepositoryField,
  ...waitForImageField,
});
type RetagFields = z.output<typeof fields>;

const sourceRule: Rule<Pick<RetagFields, "source">> = {
  fields: ["source"],
  check: ({ source }) =>
    source.tag === undefined && source.digest === undefined
      ? [
          {
            field: "source",
            message: `read image reference "${formatImage(source)}": it has neither tag nor digest`,
            hint: "name one image, by its tag or its digest",
          },
        ]
      : [],
};

/** A given field has an effect. */
const effectRule: Rule<Pick<RetagFields, "to" | "onConflict" | "unchecked" | "toUsername" | "toPassword">> = {
  fields: ["to", "onConflict", "unchecked", "toUsername", "toPassword"],
  check({ to, onConflict, unchecked, toUsername, toPassword }) {
    const login = toUsername !== undefined || toPassword !== undefined;
    const isRepository = to?.tag === undefined && to?.digest === undefined;
    return [
      ...(isRepository ? [] : [{ field: "to", message: "it is a repository alone: tags are arguments" }]),
      ...(unchecked && onConflict !== undefined ? [{ field: "onConflict", message: "unchecked, no conflict is seen" }] : []),
      ...(to !== undefined && toUsername !== undefined && toPassword === undefined
        ? [{ field: "toPassword", message: "it is missing: a login is a user name and a password", hint: "give both" }]
        : []),
      ...(to === undefined && login
        ? [{ field: toPassword === undefined ? "toUsername" : "toPassword", message: "there is no --to" }]
        : []),
    ];
  },
};

const input = withRules(fields, [sourceRule, effectRule, loginRule]);

const output = z
  .object({
    image: z.string().describe("image, pinned to its digest").meta({ output: "image" }),
    digest: digest().describe("digest of the image").meta({ output: "digest" }),
    tags: z
      .array(
        z
          .object({
            image: z.string().describe("image by this tag"),
            digest: digest().describe("digest that it points to"),
            from: digest().nullable().describe("digest that it pointed to before"),
            changed: z.boolean().describe("true if it was given or moved"),
          })
          .describe("Tag of an image"),
      )
      .describe("each tag, and the digest that it had before"),
    referrers: z.array(digest()).describe("digests of the signatures, SBOMs and attestations that were copied"),
  })
  .describe("Image that was tagged, and its tags");

/** The image that was tagged, and what became of each tag. */
export type RetagResult = ResultOf<typeof output>;

/** Gives an image further tags, here or in another registry, without building it again. */
export const retag = definePipeline({
  name: "retag",
  summary: "Give an image further tags, or copy it to another repository under them",
  examples: [
    "retag ghcr.io/acme/app:sha-1a2b3c4d5e6f 1.4.3 1.4 latest",
    "retag ghcr.io/acme/app:1.4.3 1.4.3 --to registry.example.com/acme/app --referrers",
  ],
  runs: "our code",
  input,
  output,
  steps: [waitForImage, restoreImageStep, awaitImageStep, createRepositoryStep, retagStep],
  async run(ctx, values) {
    const { source, to = source, tags, onConflict, referrers, unchecked } = values;
    await waitForImages(ctx, [source], values.waitForImage);
    const { digest, manifest } = await openSource(ctx, source, values.restore);
    if (values.createRepository) await createRepositories(ctx, [to]);
    const { result } = await ctx.run(retagStep, {
      source: { ...source, digest },
      manifest,
      to: { registry: to.registry, repository: to.repository },
      tags: [...new Set(tags)],
      onConflict,
      referrers,
      unchecked,
    });
    return { ...result, digest };
  },
  facts: ({ image }) => ({ images: [{ image, from: undefined, source: undefined }], pullRequest: undefined }),
});

/** The longest wait for an image to come back from the archive, in milliseconds: a registry may take 20 minutes. */
const patience = 60 * 60_000;

/** The image that gets the tags. In a dry run of one that is still archived, its manifest is not known. */
interface OpenedSource {
  readonly digest: Digest;
  readonly manifest: RawManifest | undefined;
}

/** Returns the image that gets the tags. One that is in the registry's archive is brought back, or is an error of its own. */
async function openSource(ctx: Context, source: ImageRef, restore: boolean): Promise<OpenedSource> {
  try {
    const manifest = await ctx.images.manifest(source);
    return { digest: manifest.digest, manifest };
  } catch (error) {
    const failure = asFairleadError(error);
    const { archive } = ctx.registry(source.registry);
    if (failure.code !== "not_found") throw failure;
    if (archive === undefined) throw new FairleadError("not_found", failure.message, { hint: await hintOfTags(ctx.images, source) });
    if (restore) return await restoreSource(ctx, source);
    const found = await archive.read(source).catch(() => undefined); // who may not look hears what the registry said
    throw archivedError(source, found?.state) ?? failure;
  }
}

async function restoreSource(ctx: Context, image: ImageRef): Promise<OpenedSource> {
  const until = new Date(ctx.now().getTime() + patience);
  const { result } = await ctx.run(restoreImageStep, { image, until });
  await ctx.run(awaitImageStep, { image, until });
  return { digest: result.digest, manifest: ctx.dryRun ? undefined : await ctx.images.manifest(image) };
}

function archivedError(image: ImageRef, state: StoredImage["state"] | undefined): FairleadError | undefined {
  const doing = `read ${formatImage(image)}`;
  if (state === "archived") {
    return new FairleadError("not_found", `${doing}: it is in the registry's archive, and cannot be pulled`, {
      hint: "bring it back with --restore",
    });
  }
  if (state !== "restoring") return undefined;
  return new FairleadError("unavailable", `${doing}: the registry is bringing it back from its archive`, {
    hint: "wait for it with --restore, or run it again in some minutes",
  });
}

type Opened = { readonly for: string; readonly kind: "password"; readonly username?: string };

/** It opens the repository and no more, so that it may differ from what opens the image within one registry. */
function openDestination(to: ImageRef | undefined, username: unknown): Opened | undefined {
  if (to === undefined) return undefined;
  return { for: formatImageRepository(to), kind: "password", ...(username === undefined ? {} : { username: username as string }) };
}
