import { branchInTheWay, branchesAbove } from "../../core/git/branch-in-the-way.ts";
import { FairleadError, Stale } from "../../core/errors.ts";
import type { GitPush } from "../../core/git/git.ts";
import { readCommit } from "./commits.ts";
import { githubFailure, refusedMutation } from "./failure.ts";
import { ask, readAbout, readRef, type Remote } from "./remote.ts";
import { isWithin, listEntries } from "./tree.ts";

/**
 * Up to this many bytes go into the request that makes the commit. More go in requests of their own, of up to 100 MB
 * each.
 */
const inlineBytes = 1_000_000;

type Modes = ReadonlyMap<string, string>;

/**
 * Makes the commit and points the branch at it. Throws `Stale` if the branch is not at the expected commit.
 * No request before the last one changes anything that others see. There are two ways, and both make the same tree:
 *
 * - `createCommitOnBranch` makes a commit on top of its branch. The one request compares (`expectedHeadOid`) and signs,
 * for people's tokens too. But the parent must be the branch's head, the mode 100644, and everything in one request.
 * - All else is made of objects of the Git database: a new branch, one that is made anew from a later base, an
 * executable file, much data. Then `updateRefs` moves the branch. Of all ways to force it, only this one compares
 * (`beforeOid`): PATCH of a reference overwrites whatever is there.
 *
 * Without author and committer, GitHub makes the token's owner both, and signs for an App.
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

/** Returns the modes of the files that exist in the tree. */
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

/** Makes the commit's objects. A program keeps its mode; anything else at its path becomes a regular file. */
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

/** Returns the text if JSON carries it unchanged; undefined without bytes, if they are not UTF-8, or if one is zero. */
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
 * Returns the result of a push's last request. GitHub gives the reason of a refusal only as text. So the branch is read
 * again: if it has moved, throws `Stale`.
 */
async function landed<T>(remote: Remote, { branch, expected }: GitPush, doing: string, move: () => Promise<T>): Promise<T> {
  try {
    return await move();
  } catch (error) {
    const refused = refusedMutation(error);
    if (refused === undefined) throw githubFailure(doing, error);
    const existing = (await readRef(remote, `refs/heads/${branch}`))?.sha;
    if (refused.type === "STALE_DATA" || existing !== expected) throw new Stale(`${doing}: it has moved`);
    if (refused.passes) throw githubFailure(doing, error);
    for (const above of branchesAbove(branch)) if (await readRef(remote, `refs/heads/${above}`)) throw branchInTheWay(doing, above);
    throw new FairleadError("forbidden", `${doing}: the server refused it: ${refused.message}`, {
      hint: "let the credential's owner write to this branch, or use another one",
      cause: error,
    });
  }
}
