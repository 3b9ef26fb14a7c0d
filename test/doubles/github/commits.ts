/** Reads commits from the bare repository, and shows them as GitHub's API does. */
import { git, gitBytes, tryGit } from "../bare.ts";
import { refuse } from "./route.ts";
import type { Repository, State } from "./state.ts";
import { apiUrl, nodeId, repositoryPath } from "./views.ts";

/** Finds what a commit, a branch or a tag stands for: full or short id, `main`, `heads/main`, `v1`, `tags/v1`, `HEAD`. */
export async function findCommit(repository: Repository, name: string): Promise<string | undefined> {
  if (!/^[^\s~^:?*[\\]+$/.test(name) || name.startsWith("-")) return undefined; // Git would read these as its own language
  const candidates = [
    ...(/^[0-9a-f]{7,40}$/.test(name) ? [name] : []),
    `refs/heads/${name}`,
    `refs/tags/${name}`,
    `refs/${name}`,
    ...(name === "HEAD" ? [name] : []),
  ];
  const found = await git(repository.folder, ["cat-file", "--batch-check=%(objectname)"], {
    input: candidates.map((one) => `${one}^{commit}\n`).join(""),
  });
  return found.split("\n").find((line) => /^[0-9a-f]{40}$/.test(line));
}

/** As `findCommit`, or what GitHub says then. */
export async function requireCommit(repository: Repository, name: string): Promise<string> {
  const sha = await findCommit(repository, name);
  if (sha === undefined) throw refuse(422, `No commit found for SHA: ${name}`);
  return sha;
}

/** The type of an object, if it exists. */
export async function findType(repository: Repository, sha: string): Promise<string | undefined> {
  return /^[0-9a-f]{40}$/.test(sha) ? tryGit(repository.folder, ["cat-file", "-t", sha]) : undefined;
}

export interface CommitData {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Readonly<Record<"name" | "email" | "date" | "offset", string>>;
  readonly committer: Readonly<Record<"name" | "email" | "date" | "offset", string>>;
  readonly message: string;
  readonly signed: boolean;
}

export async function readCommit(repository: Repository, sha: string): Promise<CommitData> {
  return parseCommit(sha, await gitBytes(repository.folder, ["cat-file", "commit", sha]));
}

/** A commit by its own bytes: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_git_commit_objects */
export function parseCommit(sha: string, bytes: Buffer): CommitData {
  const text = bytes.toString();
  const end = text.indexOf("\n\n");
  const head = text.slice(0, end);
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, "m").exec(head)?.[1] ?? "";
  const who = (line: string): CommitData["author"] => {
    const [, name = "", email = "", seconds = "0", offset = ""] = /^(.*) <(.*)> (\d+) (.*)$/.exec(line) ?? [];
    return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z"), offset };
  };
  return {
    sha,
    tree: field("tree"),
    parents: [...head.matchAll(/^parent (.*)$/gm)].map(([, parent = ""]) => parent),
    author: who(field("author")),
    committer: who(field("committer")),
    message: text.slice(end + 2).replace(/\n+$/, ""),
    signed: head.includes("\ngpgsig "),
  };
}

/** A `verification` of what nobody has signed. */
export const unsigned = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

/** GitHub's own: nobody else signs here. As Git writes it into a commit: https://git-scm.com/docs/gitformat-signature#_commit_signatures */
export const signature = "-----BEGIN PGP SIGNATURE-----\n\nZG91Ymxl\n-----END PGP SIGNATURE-----";

function viewVerification({ signed, committer }: CommitData): Readonly<Record<string, unknown>> {
  return signed ? { verified: true, reason: "valid", signature, payload: "", verified_at: committer.date } : unsigned;
}

/** `git-commit`, of the Git database. */
export function viewGitCommit(state: State, repository: Repository, commit: CommitData): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, `${repositoryPath(repository)}/git`);
  const html = `${state.origin}/${repository.fullName}/commit`;
  const { sha, message } = commit;
  const [author, committer] = [commit.author, commit.committer].map(({ name, email, date }) => ({ name, email, date }));
  return {
    sha,
    node_id: nodeId("Commit", sha),
    url: `${url}/commits/${sha}`,
    html_url: `${html}/${sha}`,
    author,
    committer,
    message,
    verification: viewVerification(commit),
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    parents: commit.parents.map((parent) => ({ sha: parent, url: `${url}/commits/${parent}`, html_url: `${html}/${parent}` })),
  };
}

/** `commit`. Its authors are no users here: their addresses belong to nobody. */
export function viewCommit(state: State, repository: Repository, commit: CommitData): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, `${repositoryPath(repository)}/commits`);
  const html = `${state.origin}/${repository.fullName}/commit`;
  const { sha, message } = commit;
  const [author, committer] = [commit.author, commit.committer].map(({ name, email, date }) => ({ name, email, date }));
  const { tree, url: gitUrl } = viewGitCommit(state, repository, commit);
  return {
    sha,
    node_id: nodeId("Commit", sha),
    url: `${url}/${sha}`,
    html_url: `${html}/${sha}`,
    comments_url: `${url}/${sha}/comments`,
    commit: { url: gitUrl, author, committer, message, comment_count: 0, tree, verification: viewVerification(commit) },
    author: null,
    committer: null,
    parents: commit.parents.map((parent) => ({ sha: parent, url: `${url}/${parent}`, html_url: `${html}/${parent}` })),
  };
}
