import { z } from "zod";
import { FairleadError } from "../../core/errors.ts";
import { type ImageRef, formatImageRepository } from "../../core/image/image.ts";
import type { RegistryLogin } from "../../core/registry/registry.ts";
import type { RegistryProbe } from "../../core/registry/images.ts";
import { speaksPlainHttp } from "../../core/servers.ts";
import { createClient, type ClientOptions, type RegistryAnswer, type RegistryClient } from "./client.ts";
import { manifestTypes, parseContent } from "./content.ts";

/** No content has this digest. */
const absent = `sha256:${"0".repeat(64)}`;
/** The limit of nested indexes: an index that names an index is rare. */
const deepest = 2;
const tagsContent = z.object({ tags: z.array(z.string()).nullish() });
const blobContent = z.object({
  manifests: z.array(z.object({ digest: z.string() })).optional(),
  config: z.object({ digest: z.string() }).optional(),
});

/** Returns a probe, which checks what a registry lets us do. */
export function createProbe(options: ClientOptions): RegistryProbe {
  const connect = (login: ClientOptions["login"]): RegistryClient => createClient({ ...options, login });
  const client = connect((image) => options.login(image));
  return {
    reach: async (image) => {
      await reach(
        connect(() => Promise.resolve(undefined)),
        image,
      );
      return speaksPlainHttp(image.registry, options.servers) ? "http" : "https";
    },
    logIn: async (image) => {
      let taken: RegistryLogin | undefined;
      const remember = async (asked: ImageRef): Promise<RegistryLogin | undefined> => (taken = await options.login(asked));
      await logIn(connect(remember), image);
      return taken;
    },
    pull: (image) => pull(client, image),
    mount: (image) => mount(client, image),
  };
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support */
async function reach(client: RegistryClient, image: ImageRef): Promise<void> {
  const doing = `reach ${image.registry}`;
  const answer = await client({ doing, image, actions: "pull", method: "GET", path: "/v2/" }).catch(unlessRefused);
  if (answer === undefined || [200, 401, 403].includes(answer.status)) return;
  if (answer.status === 429 || answer.status >= 500) throw answer.refusal();
  throw new FairleadError("unsupported", `${doing}: ${answer.url.host} answered ${answer.status} and is not a registry`, {
    hint: "check the host: it serves something else",
  });
}

/** A token server that wants a login has been reached too. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof FairleadError && (error.code === "unauthenticated" || error.code === "forbidden")) return undefined;
  throw error;
}

async function logIn(client: RegistryClient, image: ImageRef): Promise<void> {
  const answer = await client({ doing: `log in to ${image.registry}`, image, actions: "pull", method: "GET", path: "/v2/" });
  if (answer.status !== 200) throw answer.refusal();
}

/**
 * Asks for a manifest that no repository has: "not found" means that we may read. Docker Hub does not count it against
 * its limit.
 */
async function pull(client: RegistryClient, image: ImageRef): Promise<boolean> {
  const common = { doing: `pull from ${formatImageRepository(image)}`, image, actions: "pull", method: "GET" } as const;
  const answer = await client({ ...common, path: `manifests/${absent}`, headers: { accept: manifestTypes.join(", ") } });
  if (answer.status !== 404) throw answer.refusal();
  return (await client({ ...common, path: "tags/list?n=1" })).status === 200;
}

/** Mounts a blob from the very repository that has it, so that nothing new is stored. */
async function mount(client: RegistryClient, image: ImageRef): Promise<boolean | undefined> {
  const { repository } = image;
  const doing = `mount a blob of ${formatImageRepository(image)}`;
  const blob = await findBlob(client, doing, image);
  if (blob === undefined) return undefined;
  const path = `blobs/uploads/?mount=${encodeURIComponent(blob)}&from=${encodeURIComponent(repository)}`;
  const common = { doing, image, actions: "pull,push" } as const;
  const answer = await client({ ...common, method: "POST", path });
  if (answer.status === 201) return true;
  if (answer.status !== 202) throw answer.refusal();
  const upload = URL.parse(answer.headers.get("location") ?? "", answer.url.href);
  if (upload !== null) await client({ ...common, method: "DELETE", path: upload }).catch(() => undefined);
  return false;
}

/** Returns the digest of some image's configuration; for an index, of its first image. */
async function findBlob(client: RegistryClient, doing: string, image: ImageRef): Promise<string | undefined> {
  const get = (path: string): Promise<RegistryAnswer> =>
    client({ doing, image, actions: "pull", method: "GET", path, headers: { accept: manifestTypes.join(", ") } });
  const tags = await get("tags/list?n=1");
  const [tag] = (tags.status === 200 ? parseContent(doing, "list of tags", tagsContent, tags.bytes).tags : undefined) ?? [];
  let reference = tag;
  for (let depth = 0; depth < deepest && reference !== undefined; depth++) {
    const answer = await get(`manifests/${reference}`);
    if (answer.status !== 200) return undefined;
    const { config, manifests } = parseContent(doing, "manifest", blobContent, answer.bytes);
    if (config !== undefined) return config.digest;
    reference = manifests?.[0]?.digest;
  }
  return undefined;
}
