import { once } from "../../core/once.ts";
import { ask, type Blob, type Remote, type Waiting } from "./remote.ts";

/** The limits of one GraphQL answer, and the largest blob in it. */
const most = { blobs: 100, bytes: 1_000_000, bytesOfOne: 100_000 };

/** Returns the bytes of a blob. Small blobs that are asked for at the same time come in one answer. */
export async function readBlob(remote: Remote, blob: Blob): Promise<Uint8Array> {
  return await once(remote.seen.blobs, blob.sha, async () => {
    const text = remote.hasToken && blob.size <= most.bytesOfOne ? await queue(remote, blob) : undefined;
    return text ?? (await getBlob(remote, blob));
  });
}

/** For blobs of up to 100 MB. https://docs.github.com/en/rest/git/blobs#get-a-blob */
async function getBlob({ octokit, at, name }: Remote, { sha }: Blob): Promise<Uint8Array> {
  const { data } = await ask(`read ${name}`, async () => await octokit.rest.git.getBlob({ ...at, file_sha: sha }));
  return Buffer.from(data.content, "base64");
}

/** Adds the blob to the query that is about to be sent. Returns undefined if GraphQL does not have its exact bytes. */
async function queue(remote: Remote, blob: Blob): Promise<Uint8Array | undefined> {
  const { waiting } = remote.seen;
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
  if (waiting.push({ remote, blob, resolve, reject }) === 1) {
    setImmediate(() => {
      for (const group of intoGroups(waiting.splice(0))) void answer(group);
    });
  }
  return await promise;
}

function intoGroups(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const groups: Waiting[][] = [];
  let bytes = 0;
  for (const each of waiting) {
    const last = groups.at(-1);
    bytes += each.blob.size;
    if (last !== undefined && last.length < most.blobs && bytes <= most.bytes) last.push(each);
    else {
      groups.push([each]);
      bytes = each.blob.size;
    }
  }
  return groups;
}

async function answer(group: readonly Waiting[]): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  try {
    const found = await ask(`read ${first.remote.name}`, async () => await queryTexts(first.remote, group));
    await Promise.all(group.map(async ({ blob, resolve }, index) => resolve(await proven(found[`b${index}`], blob))));
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

type Text = { readonly text: string | null; readonly isTruncated: boolean } | null;

/** https://docs.github.com/en/graphql/reference/objects#blob */
async function queryTexts({ octokit, at }: Remote, group: readonly Waiting[]): Promise<Readonly<Record<string, Text>>> {
  const objects = group.map(({ blob }, index) => `b${index}: object(oid: "${blob.sha}") { ...content }`).join("\n    ");
  const query = `query ($owner: String!, $repo: String!) {
  repository(owner: $owner, name: $repo) {
    ${objects}
  }
}
fragment content on Blob { text isTruncated }`;
  return (await octokit.graphql<{ repository: Record<string, Text> }>(query, at)).repository;
}

/**
 * GraphQL omits binary files, and changes texts of other encodings. Content that does not match the blob's SHA is not
 * used.
 */
async function proven(found: Text | undefined, { sha }: Blob): Promise<Uint8Array | undefined> {
  if (typeof found?.text !== "string" || found.isTruncated) return undefined;
  const bytes = Buffer.from(found.text);
  const object = Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]); // https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
  const hash = Buffer.from(await crypto.subtle.digest("SHA-1", object)).toString("hex");
  return hash === sha ? bytes : undefined;
}
