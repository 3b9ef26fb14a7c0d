import { FairleadError } from "../core/errors.ts";
import { formatImage, isTag, type Digest, type ImageRef, formatImageRepository } from "../core/image/image.ts";
import type { Images, RawManifest } from "../core/registry/images.ts";
import { createClient, createSession, type ClientOptions, type RegistryClient, type RegistrySession } from "./oci/client.ts";
import { readConfiguration } from "./oci/configuration.ts";
import { copyManifest } from "./oci/copy.ts";
import { readDescription } from "./oci/describe.ts";
import { checkTaken, sendManifest, reading, readManifest, resolveImage } from "./oci/manifest.ts";
import { createProbe } from "./oci/probe.ts";
import { readReferrerLists } from "./oci/referrer-lists.ts";
import { reconfigureImage } from "./oci/reconfigure.ts";
import { canListReferrers, listReferrers, readReferrers } from "./oci/referrers.ts";
import { listTags } from "./oci/tags.ts";
import { beginUpload, giveUpUpload } from "./oci/upload.ts";

/**
 * Returns the images of all registries. Calls share logins and tokens.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function createImages(options: ClientOptions): Images {
  const client = createClient(options);
  const stranger = (): RegistryClient =>
    createClient({ ...options, login: () => Promise.resolve(undefined), sender: { host: "a Dockerfile", address: undefined } });
  const sessionFor = (signal = options.signal): RegistrySession => createSession(client, signal, options);
  return {
    resolve: (image, signal) => resolveImage(sessionFor(signal).send, image),
    describe: (image) => readDescription(client, image),
    tags: (repository, most) => firstTags(client, repository, most),
    manifest: async (image, signal) => {
      const found = await readManifest(sessionFor(signal).send, image);
      if (found === undefined) throw new FairleadError("not_found", `${reading(image)}: there is no such tag or digest`);
      return found;
    },
    configuration: (image, platform, { anonymous }) =>
      readConfiguration(createSession(anonymous ? stranger() : client, options.signal, options).send, image, platform),
    reconfigure: (image, manifest, change, signal) => reconfigureImage(sessionFor(signal), image, manifest, change),
    tag: (repository, manifest, tags, signal) => tag(sessionFor(signal).send, repository, manifest, tags),
    copy: (from, manifest, to, copyOptions, signal) => copyManifest(sessionFor(signal), from, manifest, to, copyOptions),
    referrers: (image, signal) => listReferrers(sessionFor(signal).send, `list referrers of ${formatImage(image)}`, image),
    referrerLists: (repository, signal) => readReferrerLists(sessionFor(signal).send, repository),
    canListReferrers: (image, signal) => canListReferrers(sessionFor(signal).send, `list referrers of ${formatImage(image)}`, image),
    servesReferrers: async ({ registry, repository }) => {
      const image = { registry, repository, digest: nobodys };
      return (await readReferrers(client, `list referrers in ${formatImageRepository(image)}`, image)) !== undefined;
    },
    checkPush: (image) => checkPush(sessionFor(), image),
    probe: createProbe(options),
  };
}

async function firstTags(send: RegistryClient, repository: ImageRef, most: number): Promise<readonly string[]> {
  const tags: string[] = [];
  for await (const each of listTags(send, repository)) if (tags.push(each) >= most) break;
  return tags;
}

/** A digest that no content has. */
const nobodys: Digest = `sha256:${"0".repeat(64)}`;

async function tag(
  send: RegistryClient,
  { registry, repository }: ImageRef,
  manifest: RawManifest,
  tags: readonly string[],
): Promise<void> {
  const wrong = tags.find((each) => !isTag(each));
  if (wrong !== undefined) {
    const image = formatImage({ registry, repository, digest: manifest.digest });
    throw new FairleadError("input", `tag ${image}: "${wrong}" is not a tag`);
  }
  for (const each of tags) await giveTag(send, { registry, repository, tag: each }, manifest);
}

/**
 * ECR refuses an immutable tag even if it has this very digest: https://github.com/aws/containers-roadmap/issues/2179
 */
async function giveTag(send: RegistryClient, image: ImageRef, manifest: RawManifest): Promise<void> {
  const doing = `tag ${formatImage(image)}`;
  const answer = await sendManifest(send, doing, image, manifest);
  const refused = answer.status >= 400 && answer.refusal().code === "conflict";
  const existing = refused ? await resolveImage(send, image).catch(() => undefined) : undefined;
  if (existing?.digest !== manifest.digest) checkTaken(doing, answer, manifest.digest);
}

/** Begins an upload, as every push does, and cancels it. No registry has another way to ask. */
async function checkPush(session: RegistrySession, image: ImageRef): Promise<void> {
  const doing = `push to ${formatImageRepository(image)}`;
  await giveUpUpload(session, doing, image, await beginUpload(session, doing, image));
}
