import { FairleadError, Stale } from "../../core/errors.ts";
import type { GitPush } from "../../core/git/git.ts";
import { readCommit } from "./commits.ts";
import { githubFailure, refusedMutation } from "./failure.ts";
import { ask, readAbout, readRef, type Remote } from "./remote.ts";
import { isWithin, listEntries } from "./tree.ts";

/** Up to so many bytes go into the request that makes the commit; more go in requests of their own, which take up to 100 MB each. */
const inlineBytes = 1_000_000;

type Modes = ReadonlyMap<string, string>;

/**
 * Makes the commit and points the branch at it, if the branch is where it is expected; else it is `Stale`. No request before the last one
 * changes anything that somebody sees. There are two ways, and the tree is the same by both:
 *
 * - A commit on top of its branch is made by `createCommitOnBranch`: one request that compares (`expectedHeadOid`) and signs, for people's
 *   tokens too. But it knows neither another parent than the branch's head, nor any mode but 100644, and it wants all in one request.
 * - Everything else (a new branch, one that is made anew from a later base, an executable file, much data) is made of objects of the Git
 *   database, then `updateRefs` moves the branch: of all ways to force it, the only one that compares (`beforeOid`). PATCH of a reference
 *   overwrites whatever is there. Without author and committer, GitHub makes the token's owner both, and signs for an App.
 *
 * https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch and #updaterefs,
 * https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
 */
export async function pushCommit(remote: Remote, change: GitPush): Promise<string> {
  const { branch, parent, expected, files } = change;
  const doing = `push branch ${branch} of ${remote.name}`;
  const { tree } = await readCommit(remote, parent, `find ${parent} in ${remote.name}`);
  const modes = await readModes(remote, tree, [...files.keys()]);
  const plain = [...files.keys()].every((path) => (modes.get(path) ?? "100644") === "100644");
  if (expected === parent && plain && isSmall(change)) {
    return await landed(remote, change, doing, async () => await appendCommit(remote, change));
  }
  const sha = await ask(doing, async () => await makeCommit(remote, change, tree, modes));
  const { id } = await readAbout(remote);
  await landed(remote, change, doing, async () => await moveBranch(remote, id, change, sha));
  return sha;
}

function isSmall({ files }: GitPush): boolean {
  return [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0) <= inlineBytes;
}

/** Returns the modes of those files that the tree has. */
async function readModes(remote: Remote, tree: string, paths: readonly string[]): Promise<Modes> {
  const entries = await listEntries(remote, tree, (folder) => paths.some((path) => isWithin(path, folder)));
  const wanted = new Set(paths);
  return new Map(entries.filter(({ path }) => wanted.has(path)).map(({ path, mode }) => [path, mode]));
}

const createCommitOnBranch = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

async function appendCommit({ octokit, at }: Remote, { branch, parent, files, message }: GitPush): Promise<string> {
  const [headline = "", ...lines] = message.trimEnd().split("\n");
  const input = {
    branch: { repositoryNameWithOwner: `${at.owner}/${at.repo}`, branchName: branch },
    expectedHeadOid: parent,
    message: { headline, body: lines.join("\n").replace(/^\n+/, "") },
    fileChanges: { additions: [...files].map(([path, bytes]) => ({ path, contents: Buffer.from(bytes).toString("base64") })) },
  };
  const answer = await octokit.graphql<{ createCommitOnBranch: { commit: { oid: string } } }>(createCommitOnBranch, {
    input,
    request: at.request,
  });
  return answer.createCommitOnBranch.commit.oid;
}

/** Makes the commit's objects. A file keeps its mode if it is a program; anything else that was at its path becomes a regular file. */
async function makeCommit({ octokit, at }: Remote, change: GitPush, base: string, modes: Modes): Promise<string> {
  const small = isSmall(change);
  const entries = [...change.files].map(async ([path, bytes]) => {
    const mode = modes.get(path) === "100755" ? ("100755" as const) : ("100644" as const);
    const text = small ? asText(bytes) : undefined;
    if (text !== undefined) return { path, mode, type: "blob" as const, content: text };
    const content = Buffer.from(bytes).toString("base64");
    const { data } = await octokit.rest.git.createBlob({ ...at, content, encoding: "base64" });
    return { path, mode, type: "blob" as const, sha: data.sha };
  });
  const tree = await octokit.rest.git.createTree({ ...at, base_tree: base, tree: await Promise.all(entries) });
  const { message, parent } = change;
  return (await octokit.rest.git.createCommit({ ...at, message, tree: tree.data.sha, parents: [parent] })).data.sha;
}

/** Returns what JSON carries unchanged; undefined for bytes that are no UTF-8, for none, and for those with a zero. */
function asText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString();
  return text === "" || text.includes("\0") || !Buffer.from(text).equals(bytes) ? undefined : text;
}

const updateRefs = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;

async function moveBranch({ octokit, at }: Remote, repositoryId: string, change: GitPush, afterOid: string): Promise<void> {
  const { branch, parent, expected } = change;
  const beforeOid = expected ?? "0".repeat(40); // it must not exist
  const force = expected !== undefined && expected !== parent;
  const update = { name: `refs/heads/${branch}`, beforeOid, afterOid, force };
  await octokit.graphql(updateRefs, { input: { repositoryId, refUpdates: [update] }, request: at.request });
}

/**
 * Returns what the last request of a push does. Why it was refused is only said in words: so the branch is read again, and one that has moved is
 * `Stale`.
 */
async function landed<T>(remote: Remote, { branch, expected }: GitPush, doing: string, move: () => Promise<T>): Promise<T> {
  try {
    return await move();
  } catch (error) {
    const refused = refusedMutation(error);
    if (refused === undefined) throw githubFailure(doing, error);
    const there = (await readRef(remote, `refs/heads/${branch}`))?.sha;
    if (refused.type === "STALE_DATA" || there !== expected) throw new Stale(`${doing}: it has moved`);
    if (refused.passes) throw githubFailure(doing, error);
    throw new FairleadError("forbidden", `${doing}: the server refused it: ${refused.message}`, {
      hint: "let the credential's owner write to this branch, or use another one",
      cause: error,
    });
  }
}
