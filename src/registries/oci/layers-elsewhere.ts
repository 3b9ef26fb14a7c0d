import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import type { RawManifest } from "../../core/registry/images.ts";
import type { RegistryAnswer } from "./client.ts";
import { digest } from "./content.ts";
import { reportedErrors } from "./reported.ts";

const layersContent = z.object({ layers: z.array(z.object({ digest, urls: z.array(z.string()).nullish() })) });

/**
 * Returns the error for a registry that refuses a manifest because it would have to store a layer that is kept at URLs;
 * undefined if it is refused for anything else. docker-registry allows no URL by default:
 * https://distribution.github.io/distribution/about/configuration/#validation
 */
export function refusedLayer(doing: string, answer: RegistryAnswer, manifest: RawManifest): FairleadError | undefined {
  const missing = reportedErrors(answer.bytes).filter(({ code }) => /^(MANIFEST_)?BLOB_UNKNOWN$/.test(code));
  const refused = layersElsewhere(manifest).find((layer) =>
    missing.some(({ detail }) => detail === undefined || JSON.stringify(detail).includes(layer)),
  );
  if (refused === undefined) return undefined;
  return new FairleadError("unsupported", `${doing}: ${answer.url.host} refuses the layer ${refused}, which is kept at a URL elsewhere`, {
    hint: "allow the URLs of such layers at the registry, for docker-registry in validation.manifests.urls.allow, or name another registry",
  });
}

function layersElsewhere({ bytes }: RawManifest): readonly string[] {
  const { data } = layersContent.safeParse(JSON.parse(Buffer.from(bytes).toString()));
  return (data?.layers ?? []).flatMap(({ digest, urls }) => (urls?.length ? [digest] : []));
}
