/** https://docs.github.com/en/rest/git/blobs, /trees and /commits */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { git, gitBytes, tryGit } from "../bare.ts";
import { findType, readCommit, signature, viewGitCommit } from "./commits.ts";
import { type Answer, notFound, refuse, type RepositoryCall, type Route } from "./route.ts";
import type { Repository } from "./state.ts";
import { apiUrl, nodeId, repositoryPath } from "./views.ts";

const gitUrl = ({ state, repository }: RepositoryCall): string => apiUrl(state, `${repositoryPath(repository)}/git`);

/** Base64 in lines of 60, as GitHub writes it. */
export const encode = (bytes: Buffer): string => bytes.toString("base64").replace(/.{1,60}/g, "$&\n");

async function createBlob(call: RepositoryCall): Promise<Answer> {
  const { content, encoding = "utf-8" } = call.body as { readonly content: string; readonly encoding?: string };
  const input = Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
  const sha = await git(call.repository.folder, ["hash-object", "-w", "--stdin"], { input });
  return { status: 201, body: { sha, url: `${gitUrl(call)}/blobs/${sha}` } };
}

async function getBlob(call: RepositoryCall): Promise<Answer> {
  const sha = call.params.file_sha ?? "";
  if ((await findType(call.repository, sha)) !== "blob") throw notFound();
  const bytes = await gitBytes(call.repository.folder, ["cat-file", "blob", sha]);
  return {
    status: 200,
    body: {
      sha,
      node_id: nodeId("Blob", sha),
      size: bytes.length,
      url: `${gitUrl(call)}/blobs/${sha}`,
      content: encode(bytes),
      encoding: "base64",
    },
  };
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size?: number;
  readonly path: string;
}

/** Lists a tree as Git does: `args` are what follows `ls-tree`. */
export async function listTree(folder: string, args: readonly string[]): Promise<TreeEntry[]> {
  const lines = (await gitBytes(folder, ["ls-tree", "-z", "-l", ...args])).toString().split("\0").filter(Boolean);
  return lines.map((line) => {
    const [, mode = "", type = "", sha = "", size = "", path = ""] = /^(\d+) (\w+) (\w+) +(\d+|-)\t(.*)$/s.exec(line) ?? [];
    return { path, mode, type, sha, ...(size !== "-" && { size: Number(size) }) };
  });
}

async function viewTree(call: RepositoryCall, sha: string, recursive: boolean): Promise<object> {
  const all = await listTree(call.repository.folder, [...(recursive ? ["-r", "-t"] : []), sha]);
  const entries = all.slice(0, call.state.treeLimit);
  const link = ({ type, sha: id }: TreeEntry): object => (type === "commit" ? {} : { url: `${gitUrl(call)}/${type}s/${id}` });
  return {
    sha,
    url: `${gitUrl(call)}/trees/${sha}`,
    tree: entries.map((entry) => ({ ...entry, ...link(entry) })),
    truncated: entries.length < all.length,
  };
}

async function getTree(call: RepositoryCall): Promise<Answer> {
  const name = call.params.tree_sha ?? "";
  if (name.startsWith("-")) throw notFound();
  const sha = await tryGit(call.repository.folder, ["rev-parse", "-q", "--verify", `${name}^{tree}`]);
  if (sha === undefined) throw notFound();
  return { status: 200, body: await viewTree(call, sha, call.query.recursive !== undefined) };
}

interface NewEntry {
  readonly path?: string;
  readonly mode?: string;
  readonly type?: string;
  /** `null` deletes. */
  readonly sha?: string | null;
  readonly content?: string;
}

async function createTree(call: RepositoryCall): Promise<Answer> {
  const { tree, base_tree: base } = call.body as { readonly tree: readonly NewEntry[]; readonly base_tree?: string };
  const { folder } = call.repository;
  const env = { GIT_INDEX_FILE: join(folder, `index-${randomUUID()}`) };
  try {
    const start = base === undefined ? "--empty" : await tryGit(folder, ["rev-parse", "-q", "--verify", `${base}^{tree}`]);
    if (start === undefined) throw refuse(422, "base_tree is not a valid tree oid");
    await git(folder, ["read-tree", start], { env });
    for (const entry of tree) await addEntry(call, entry, env);
    const sha = await git(folder, ["write-tree"], { env });
    return { status: 201, body: await viewTree(call, sha, false) };
  } finally {
    await rm(env.GIT_INDEX_FILE, { force: true });
  }
}

async function addEntry({ repository }: RepositoryCall, entry: NewEntry, env: Readonly<Record<string, string>>): Promise<void> {
  const { path = "", mode = "100644", content, sha = content === undefined ? undefined : await hash(repository.folder, content) } = entry;
  if (path === "" || /^\/|\/$|\/\//.test(path)) throw refuse(422, "tree.path contains a malformed path component");
  if (sha === undefined) throw refuse(422, "Must supply either tree.sha or tree.content");
  if (sha === null) return removeEntry(repository.folder, path, env);
  const wanted = mode === "040000" ? "tree" : mode === "160000" ? "commit" : "blob";
  if (wanted !== "commit" && (await findType(repository, sha)) !== wanted) throw refuse(422, `tree.sha ${sha} is not a valid ${wanted}`);
  const added =
    wanted === "tree"
      ? await tryGit(repository.folder, ["read-tree", `--prefix=${path}/`, sha], { env })
      : await tryGit(repository.folder, ["update-index", "--add", "--replace", "--cacheinfo", `${mode},${sha},${path}`], { env });
  if (added === undefined) throw refuse(422, `tree.path ${path} cannot be added`);
}

const hash = (folder: string, input: string): Promise<string> => git(folder, ["hash-object", "-w", "--stdin"], { input });

/** Throws GitHub's own words for a path that does not exist. */
async function removeEntry(folder: string, path: string, env: Readonly<Record<string, string>>): Promise<void> {
  const entries = await gitBytes(folder, ["ls-files", "-z", "--", `:(literal)${path}`], { env });
  if (entries.length === 0) throw refuse(422, "GitRPC::BadObjectState");
  const input = entries
    .toString()
    .split("\0")
    .filter(Boolean)
    .map((one) => `0 ${"0".repeat(40)}\t${one}\0`)
    .join("");
  await git(folder, ["update-index", "-z", "--index-info"], { env, input });
}

interface Person {
  readonly name?: string;
  readonly email?: string;
  readonly date?: string;
}

/** A commit as the API takes it. */
export interface NewCommitObject {
  readonly message: string;
  readonly tree: string;
  readonly parents?: readonly string[];
  readonly author?: Person;
  readonly committer?: Person;
}

/**
 * GitHub signs the commits of an App that names no author. https://docs.github.com/en/authentication (signature
 * verification for bots)
 */
async function createCommit(call: RepositoryCall): Promise<Answer> {
  const commit = call.body as NewCommitObject;
  const { repository } = call;
  if ((await findType(repository, commit.tree)) !== "tree") throw refuse(422, "Tree SHA does not exist");
  for (const parent of commit.parents ?? [])
    if ((await findType(repository, parent)) !== "commit") throw refuse(422, "Parent SHA does not exist or is not a commit object");
  const isApps = call.login.endsWith("[bot]") && commit.author === undefined && commit.committer === undefined;
  const sha = await writeCommit(repository, commit, call.login, isApps);
  return { status: 201, body: viewGitCommit(call.state, repository, await readCommit(repository, sha)) };
}

/** Writes the object byte by byte: GitHub keeps a message as it is, while `git commit-tree` ends it with a newline. */
export function writeCommit({ folder }: Repository, commit: NewCommitObject, login: string, signed: boolean): Promise<string> {
  const { message, tree, parents = [], author, committer = author } = commit;
  const line = ({ name = login, email = `${login}@users.noreply.github.com`, date }: Person = {}): string =>
    `${name} <${email}> ${Math.floor((date ? Date.parse(date) : Date.now()) / 1000)} +0000`;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${line(author)}`,
    `committer ${line(committer)}`,
    ...(signed ? [`gpgsig ${signature.replaceAll("\n", "\n ")}`] : []),
    "",
    message,
  ];
  return git(folder, ["hash-object", "-t", "commit", "-w", "--stdin"], { input: lines.join("\n") });
}

async function getCommit({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const sha = params.commit_sha ?? "";
  if ((await findType(repository, sha)) !== "commit") throw notFound();
  return { status: 200, body: viewGitCommit(state, repository, await readCommit(repository, sha)) };
}

export const objects: readonly Route[] = [
  { method: "POST", path: "/repos/{owner}/{repo}/git/blobs", access: "write", handle: createBlob },
  { method: "GET", path: "/repos/{owner}/{repo}/git/blobs/{file_sha}", access: "read", handle: getBlob },
  { method: "POST", path: "/repos/{owner}/{repo}/git/commits", access: "write", handle: createCommit },
  { method: "GET", path: "/repos/{owner}/{repo}/git/commits/{commit_sha}", access: "read", handle: getCommit },
  { method: "POST", path: "/repos/{owner}/{repo}/git/trees", access: "write", handle: createTree },
  { method: "GET", path: "/repos/{owner}/{repo}/git/trees/{tree_sha}", access: "read", handle: getTree },
];
