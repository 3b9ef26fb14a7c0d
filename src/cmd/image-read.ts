import { z } from "zod";
import { registryFields } from "../adapters.ts";
import { FairleadError, inputError } from "../core/errors.ts";
import { formatImage, formatImageRepository, type ImageRef } from "../core/image/image.ts";
import { describeWhole } from "../core/image/inspection.ts";
import { mapLimited } from "../core/limit.ts";
import { hintOfTags } from "../core/registry/hint-of-tags.ts";
import { fieldsOf } from "../core/run/fields.ts";
import { image, type FieldMeta } from "../core/run/input.ts";
import { credentialsOf } from "../core/run/parsed-input.ts";
import { parseInput } from "../core/run/pipeline.ts";
import type { Ports } from "../core/run/ports.ts";
import { loginFields, loginRule } from "../core/run/registry-fields.ts";
import { withRules } from "../core/run/rules.ts";
import type { CommandBody, Output } from "./command.ts";
import { plainHttpFlag } from "./pipeline-command.ts";
import { formatResult } from "./result.ts";
import { inputOf } from "./run-pipeline.ts";

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

/** The most tags whose digests are asked for at once, for the sake of registries that limit requests. */
const requestsAtOnce = 8;

/** `fairlead image digest`: prints the digest that a tag points to. */
export const imageDigestBody: CommandBody = bodyOf(one, async ({ images }, { image }) => {
  const found = await images.resolve(requireOne(image));
  if (found === undefined) throw await missing({ images }, image);
  const { registry, repository, digest } = found;
  return { json: { image: formatImage({ registry, repository, digest }), digest }, text: [digest] };
});

/** `fairlead image inspect`: prints what the registry has under a tag or a digest. */
export const imageInspectBody: CommandBody = bodyOf(one, async ({ images }, { image }) => {
  const found = await describeWhole(images, requireOne(image));
  if (found === undefined) throw await missing({ images }, image);
  return { json: found, text: formatResult(found) };
});

/** `fairlead image ls`: lists the tags of a repository, each with its digest. */
export const imageListBody: CommandBody = bodyOf(listed, async ({ images }, { image, limit = Infinity, digest }) => {
  if (image.tag !== undefined || image.digest !== undefined) {
    throw inputError("image", [{ field: "image", message: "it is more than a repository" }], "leave out the tag and the digest");
  }
  const tags = await images.tags(image, limit);
  const found = await mapLimited(requestsAtOnce, tags, async (tag) => {
    return { tag, digest: digest ? ((await images.resolve({ ...image, tag }))?.digest ?? null) : null };
  });
  const width = Math.max(0, ...tags.map((tag) => tag.length));
  return { json: found, text: found.map(({ tag, digest }) => (digest === null ? tag : `${tag.padEnd(width)}  ${digest}`)) };
});

/** Returns the body of a command that reads a registry and changes nothing. */
function bodyOf<S extends typeof one | typeof listed>(input: S, use: (ports: Ports, values: z.output<S>) => Promise<Output>): CommandBody {
  const flags = fieldsOf(input);
  return {
    flags: [...flags, plainHttpFlag],
    async run(session, { plainHttp = [], ...given }) {
      const values = parseInput("image", input, await inputOf({ name: "image", input }, flags, given, session));
      const { openRun } = await import("../wire.ts");
      await using open = openRun({ ...session, dryRun: true, servers: { plainHttp: plainHttp as readonly string[] } });
      const scope = { session: `fairlead-${open.options.id}`, images: [values.image], needs: ["registry:pull"], input: values } as const;
      return await use(open.options.ports(credentialsOf(input, values), scope), values);
    },
  };
}

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
