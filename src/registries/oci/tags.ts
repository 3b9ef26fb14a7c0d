import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import { formatImageRepository, type ImageRef } from "../../core/image/image.ts";
import type { RegistryClient } from "./client.ts";
import { parseContent } from "./content.ts";
import { nextPage } from "./referrers.ts";

const tagsContent = z.object({ tags: z.array(z.string()).nullish() });
/** Tags of one page, and the limit of pages: a registry with more of them leads us in a circle. */
const pageSize = 1_000;
const mostPages = 1_000;

/**
 * Yields the tags of a repository, in the registry's order. Throws `not_found` if there is no such repository.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 */
export async function* listTags(send: RegistryClient, { registry, repository }: ImageRef): AsyncGenerator<string> {
  const image = { registry, repository };
  const doing = `list tags of ${formatImageRepository(image)}`;
  let path: string | URL | undefined = `tags/list?n=${pageSize}`;
  for (let page = 1; path !== undefined; page++) {
    if (page > mostPages) throw new FairleadError("unsupported", `${doing}: ${registry} lists tags without end`);
    const answer = await send({ doing, image, actions: "pull", method: "GET", path });
    if (answer.status !== 200) throw answer.refusal();
    yield* parseContent(doing, "list of tags", tagsContent, answer.bytes).tags ?? [];
    path = nextPage(answer.headers.get("link") ?? "", answer.url);
  }
}
