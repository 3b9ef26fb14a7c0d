import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";

/** Returns the bytes of objects by their SHAs; undefined if one is missing. */
export type ReadObjects = (shas: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array> | undefined>;

/** An entry of a tree object. Its name is in Latin-1: a byte a letter. */
export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly sha: string;
}

/** A folder of files, and the tree that it is to be. */
interface Pair {
  readonly path: Buffer;
  readonly tree: string;
}

/** A file or a link, and the blob that it is to be. */
interface Leaf {
  readonly path: Buffer;
  readonly entry: TreeEntry;
}

/** Files that are read at once, and the size from which one is read in parts, in bytes. */
const atOnce = 32;
const large = 8 * 2 ** 20;

/**
 * Returns the first difference of a folder from a tree, `data.bin is changed`; undefined if there is none. A file may be changed, missing or added,
 * ignored ones and empty folders too. Everything is hashed: what is compared are the bytes of the files, so that neither a filter nor an index has
 * a say, and an object that is not what its name says is refused. `omit` is a name that does not count at the root.
 */
export async function findDifference(
  folder: string,
  tree: string,
  omit: string | undefined,
  read: ReadObjects,
): Promise<string | undefined> {
  const leaves: Leaf[] = [];
  let level: readonly Pair[] = [{ path: Buffer.from(folder), tree }];
  for (let root = true; level.length > 0; root = false) {
    const trees = await readTrees([...new Set(level.map((each) => each.tree))], read);
    if (trees === undefined) return "a Git object of its commit is missing or broken";
    const below: Pair[] = [];
    for (const { path, tree: sha } of level) {
      const found = await pairUp(path, trees.get(sha) ?? [], root ? omit : undefined, below, leaves);
      if (found !== undefined) return `${nameIn(folder, found.path)} is ${found.what}`;
    }
    level = below;
  }
  for (let at = 0; at < leaves.length; at += atOnce) {
    const some = leaves.slice(at, at + atOnce);
    const changed = (await Promise.all(some.map(isBlob))).indexOf(false);
    if (changed !== -1) return `${nameIn(folder, some[changed]!.path)} is changed`;
  }
  return undefined;
}

function nameIn(folder: string, path: Buffer): string {
  return path.subarray(Buffer.byteLength(folder) + 1).toString();
}

/** Returns the entries of trees; undefined if one is missing, or is not what its SHA says. */
export async function readTrees(
  shas: readonly string[],
  read: ReadObjects,
): Promise<ReadonlyMap<string, readonly TreeEntry[]> | undefined> {
  const found = await read(shas);
  const proven = shas.flatMap((sha) => {
    const bytes = found?.get(sha);
    return bytes !== undefined && hashObject("tree", bytes) === sha ? [[sha, parseTree(Buffer.from(bytes))] as const] : [];
  });
  return proven.length === shas.length ? new Map(proven) : undefined;
}

/** Returns the SHA of an object. https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
export function hashObject(type: "commit" | "tree" | "blob", bytes: Uint8Array): string {
  return createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
}

function parseTree(bytes: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    const [mode = "", ...name] = bytes.toString("latin1", at, end).split(" ");
    entries.push({ mode, name: name.join(" "), sha: bytes.toString("hex", end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

interface Difference {
  readonly path: Buffer;
  readonly what: "changed" | "missing" | "a submodule" | "not in the commit";
}

/** Adds what is in a folder to `below` and `leaves`, each with its entry of the tree. Returns the first whose name or kind differs. */
async function pairUp(
  path: Buffer,
  entries: readonly TreeEntry[],
  omit: string | undefined,
  below: Pair[],
  leaves: Leaf[],
): Promise<Difference | undefined> {
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  const there = (await readdir(path, { withFileTypes: true, encoding: "buffer" })).filter(({ name }) => name.toString("latin1") !== omit);
  for (const each of there) {
    const entry = named.get(each.name.toString("latin1"));
    named.delete(each.name.toString("latin1"));
    const child = Buffer.concat([path, Buffer.from("/"), each.name]);
    if (entry === undefined) return { path: child, what: "not in the commit" };
    if (entry.mode === "160000") return { path: child, what: "a submodule" };
    if (entry.mode === "40000" && each.isDirectory()) below.push({ path: child, tree: entry.sha });
    else if (entry.mode.startsWith("100") ? each.isFile() : entry.mode === "120000" && each.isSymbolicLink()) {
      leaves.push({ path: child, entry });
    } else return { path: child, what: "changed" };
  }
  const [missing] = named.keys();
  return missing === undefined ? undefined : { path: Buffer.concat([path, Buffer.from(`/${missing}`, "latin1")]), what: "missing" };
}

async function isBlob({ path, entry: { mode, sha } }: Leaf): Promise<boolean> {
  if (mode === "120000") return hashObject("blob", await readlink(path, "buffer")) === sha;
  const found = await lstat(path);
  const runs = (found.mode & 0o100) !== 0;
  if (!found.isFile() || runs !== ((Number.parseInt(mode, 8) & 0o100) !== 0)) return false;
  if (found.size < large) return hashObject("blob", await readFile(path)) === sha;
  const hash = createHash("sha1").update(`blob ${found.size}\0`);
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex") === sha;
}
