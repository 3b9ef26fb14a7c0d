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
  readonly author: Readonly<Record<"name" | "email" | "date", string>>;
  readonly committer: Readonly<Record<"name" | "email" | "date", string>>;
  readonly message: string;
}

export async function readCommit(repository: Repository, sha: string): Promise<CommitData> {
  const format = ["%H", "%T", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B"].join("%x00");
  const text = (await gitBytes(repository.folder, ["log", "-1", `--format=${format}`, sha])).toString();
  const [id = "", tree = "", parents = "", name = "", email = "", at = "", byName = "", byEmail = "", byAt = "", message = ""] =
    text.split("\0");
  const date = (seconds: string): string => new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
  return {
    sha: id,
    tree,
    parents: parents.split(" ").filter(Boolean),
    author: { name, email, date: date(at) },
    committer: { name: byName, email: byEmail, date: date(byAt) },
    message: message.replace(/\n+$/, ""),
  };
}

const verification = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

/** `git-commit`, of the Git database. */
export function viewGitCommit(state: State, repository: Repository, commit: CommitData): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, `${repositoryPath(repository)}/git`);
  const html = `${state.origin}/${repository.fullName}/commit`;
  const { sha, author, committer, message } = commit;
  return {
    sha,
    node_id: nodeId("Commit", sha),
    url: `${url}/commits/${sha}`,
    html_url: `${html}/${sha}`,
    author,
    committer,
    message,
    verification,
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    parents: commit.parents.map((parent) => ({ sha: parent, url: `${url}/commits/${parent}`, html_url: `${html}/${parent}` })),
  };
}

/** `commit`. Its authors are no users here: their addresses belong to nobody. */
export function viewCommit(state: State, repository: Repository, commit: CommitData): Readonly<Record<string, unknown>> {
  const url = apiUrl(state, `${repositoryPath(repository)}/commits`);
  const html = `${state.origin}/${repository.fullName}/commit`;
  const { sha, author, committer, message } = commit;
  const { tree, url: gitUrl } = viewGitCommit(state, repository, commit);
  return {
    sha,
    node_id: nodeId("Commit", sha),
    url: `${url}/${sha}`,
    html_url: `${html}/${sha}`,
    comments_url: `${url}/${sha}/comments`,
    commit: { url: gitUrl, author, committer, message, comment_count: 0, tree, verification },
    author: null,
    committer: null,
    parents: commit.parents.map((parent) => ({ sha: parent, url: `${url}/${parent}`, html_url: `${html}/${parent}` })),
  };
}
