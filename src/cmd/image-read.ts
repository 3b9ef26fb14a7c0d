import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { FairleadError, inputError } from "../core/errors.ts";
import { formatImage, formatImageRepository, type ImageRef } from "../core/image/image.ts";
import { describeWhole } from "../core/image/inspection.ts";
import { mapLimited } from "../core/limit.ts";
import { hintOfTags } from "../core/registry/hint-of-tags.ts";
import { imagesAtOnce } from "../core/registry/images.ts";
import { image, type FieldMeta } from "../core/run/input.ts";
import type { Ports } from "../core/run/ports.ts";
import { loginFields, loginRule } from "../core/run/registry-fields.ts";
import { withRules } from "../core/run/rules.ts";
import type { CommandBody } from "./command.ts";
import { registryLook, type RegistryLook } from "./registry-look.ts";
import { formatResult } from "./result.ts";

const common = {
  image: image().describe("image or repository of a registry").meta({ positional: 1 }),
  ...loginFields,
  ...registryFields,
};
const one = withRules(z.object(common), [loginRule]);
const listed = withRules(
  z.object({
    ...common,
    limit: z
      .int()
      .min(1)
      .optional()
      .describe("list at most this many tags")
      .meta({ byDefault: "all", placeholder: "N" } satisfies FieldMeta),
    digest: z.boolean().default(true).describe("list the tags alone, which asks one question for all of them"),
  }),
  [loginRule],
);

const look = <S extends z.ZodObject>(input: S, use: RegistryLook<S>["look"]): CommandBody =>
  registryLook({ name: "image", input, needs: ["registry:pull"], look: use });

/** `fairlead image digest`: prints the digest that a tag points to. */
export const imageDigestBody: CommandBody = look(one, async ({ images }, { image }) => {
  const found = await images.resolve(requireOne(image));
  if (found === undefined) throw await missing({ images }, image);
  const { registry, repository, digest } = found;
  return { json: { image: formatImage({ registry, repository, digest }), digest }, text: [digest] };
});

/** `fairlead image inspect`: prints what the registry has under a tag or a digest. */
export const imageInspectBody: CommandBody = look(one, async ({ images }, { image }) => {
  const found = await describeWhole(images, requireOne(image));
  if (found === undefined) throw await missing({ images }, image);
  return { json: found, text: formatResult(found) };
});

/** `fairlead image ls`: lists the tags of a repository, each with its digest. */
export const imageListBody: CommandBody = look(listed, async ({ images }, { image, limit = Infinity, digest }) => {
  if (image.tag !== undefined || image.digest !== undefined) {
    throw inputError("image", [{ field: "image", message: "it is more than a repository" }], "leave out the tag and the digest");
  }
  const tags = await images.tags(image, limit);
  const found = await mapLimited(imagesAtOnce, tags, async (tag) => {
    return { tag, digest: digest ? ((await images.resolve({ ...image, tag }))?.digest ?? null) : null };
  });
  const width = Math.max(0, ...tags.map((tag) => tag.length));
  return { json: found, text: found.map(({ tag, digest }) => (digest === null ? tag : `${tag.padEnd(width)}  ${digest}`)) };
});

function requireOne(image: ImageRef): ImageRef {
  if (image.tag !== undefined || image.digest !== undefined) return image;
  const message = `${formatImageRepository(image)} has neither tag nor digest`;
  throw inputError("image", [{ field: "image", message }], `name one image, or list the tags with fairlead image ls`);
}

async function missing({ images }: Pick<Ports, "images">, image: ImageRef): Promise<FairleadError> {
  return new FairleadError("not_found", `read ${formatImage(image)}: there is no such tag or digest`, {
    hint: await hintOfTags(images, image),
  });
}
