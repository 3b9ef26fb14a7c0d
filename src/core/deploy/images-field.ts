import { z } from "zod";
import { FairleadError } from "../errors.ts";
import { formatImage, type ImageRef } from "../image/image.ts";
import { checkedText, image, type FieldMeta } from "../run/input.ts";
import { parseSelector } from "./manifest/selector.ts";
import { distinctImages, mostImages } from "./image-set.ts";

/** The field that narrows a deployment to one object of the manifests. */
export const onlyField = checkedText(parseSelector)
  .optional()
  .describe("change only this object, or one field of it, such as Deployment/shop/app")
  .meta({ byDefault: "every reference to the image", placeholder: "KIND/[NAMESPACE/]NAME[#FIELD]" } satisfies FieldMeta);

/** Returns the schema of the images of one deployment: at least one, each repository with one value. */
export function imagesField(): z.ZodType<ImageRef[], string[]> {
  return z
    .array(image().superRefine(requireTag))
    .min(1, "there is none")
    .max(mostImages, `there are more than ${mostImages}`)
    .superRefine((images, context) => {
      try {
        distinctImages(images);
      } catch (error) {
        if (!(error instanceof FairleadError)) throw error;
        context.addIssue({ code: "custom", message: error.message, input: images, params: { hint: error.hint } });
      }
    })
    .meta({ kind: "list", positional: 0, fromEvent: "image" } satisfies FieldMeta);
}

/** Manifests name a tag, also where they pin a digest. */
function requireTag(image: ImageRef, context: z.RefinementCtx): void {
  if (image.tag !== undefined) return;
  const hint = "give repository:tag, or repository:tag@sha256:…";
  context.addIssue({
    code: "custom",
    message: `read image reference "${formatImage(image)}": it has no tag`,
    input: image,
    params: { hint },
  });
}
