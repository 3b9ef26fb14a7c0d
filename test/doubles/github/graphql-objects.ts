/** Git objects as GraphQL has them. */
import { gitBytes } from "../bare.ts";
import { parseCommit } from "./commits.ts";
import type { Repository } from "./state.ts";

/** GitHub truncates a longer text. */
const longestText = 512_000;

interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** The objects that are asked for in one turn are read by one process. */
const asked = new WeakMap<Repository, { readonly oids: Set<string>; readonly objects: Promise<ReadonlyMap<string, GitObject>> }>();

async function readObject(repository: Repository, oid: string): Promise<GitObject | undefined> {
  const oids = asked.get(repository)?.oids ?? new Set<string>();
  const objects =
    asked.get(repository)?.objects ??
    new Promise((resolve) => setImmediate(resolve)).then(() => {
      asked.delete(repository);
      return readObjects(repository, [...oids]);
    });
  oids.add(oid);
  asked.set(repository, { oids, objects });
  return (await objects).get(oid);
}

/** https://git-scm.com/docs/git-cat-file#_batch_output */
async function readObjects({ folder }: Repository, oids: readonly string[]): Promise<ReadonlyMap<string, GitObject>> {
  const known = oids.filter((oid) => /^[0-9a-f]{40}$/.test(oid));
  const printed = await gitBytes(folder, ["cat-file", "--batch", "--buffer"], { input: known.map((oid) => `${oid}\n`).join("") });
  const found = new Map<string, GitObject>();
  let at = 0;
  for (const oid of known) {
    const start = printed.indexOf("\n", at) + 1;
    const [, type = "", size] = printed.toString("latin1", at, start - 1).split(" ");
    at = size === undefined ? start : start + Number(size) + 1;
    if (size !== undefined) found.set(oid, { oid, type, bytes: printed.subarray(start, at - 1) });
  }
  return found;
}

/** An object by its SHA; null if there is none. */
export async function viewObject(repository: Repository, oid: string): Promise<object | null> {
  const object = await readObject(repository, oid);
  if (object === undefined) return null;
  if (object.type === "commit") return viewCommit(object);
  if (object.type === "tag") return viewTag(repository, object);
  return object.type === "blob" ? viewBlob(object) : { __typename: "Tree", oid };
}

function viewCommit({ oid, bytes }: GitObject): object {
  const { message, tree, parents, author, committer } = parseCommit(oid, bytes);
  return {
    __typename: "Commit",
    oid,
    message,
    author: { name: author.name, email: author.email, date: atOffset(author.date, author.offset) },
    committer: { name: committer.name, email: committer.email, date: atOffset(committer.date, committer.offset) },
    committedDate: committer.date,
    tree: { __typename: "Tree", oid: tree },
    parents: { totalCount: parents.length, nodes: parents.map((parent) => ({ __typename: "Commit", oid: parent })) },
  };
}

/** `GitTimestamp`: the committer's own time. `offset` is Git's: `+0530`. */
function atOffset(date: string, offset: string): string {
  const [, sign = "+", hours = "00", minutes = "00"] = /^([+-])(\d\d)(\d\d)$/.exec(offset) ?? [];
  const ahead = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  const local = new Date(Date.parse(date) + ahead * 60_000).toISOString().slice(0, 19);
  return ahead === 0 ? `${local}Z` : `${local}${sign}${hours}:${minutes}`;
}

function viewTag(repository: Repository, { oid, bytes }: GitObject): object {
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, "m").exec(bytes.toString())?.[1] ?? "";
  return { __typename: "Tag", oid, name: field("tag"), target: () => viewObject(repository, field("object")) };
}

/** A text in another encoding than UTF-8 is converted, so it is not the file's bytes any more. */
function viewBlob({ oid, bytes }: GitObject): object {
  const isBinary = bytes.includes(0);
  const isUtf8 = Buffer.from(bytes.toString()).equals(bytes);
  const text = isBinary ? null : bytes.toString(isUtf8 ? "utf8" : "latin1").slice(0, longestText);
  return { __typename: "Blob", oid, byteSize: bytes.length, isBinary, isTruncated: bytes.length > longestText, text };
}
