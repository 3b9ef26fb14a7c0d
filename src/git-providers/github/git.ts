import { FairleadError } from "../../core/errors.ts";
import type { Checkout, Commit } from "../../core/git/git.ts";
import type { ApiGit, CommitEntry } from "../../core/git/provider.ts";
import { formatRepository, type Repository } from "../../core/git/repository.ts";
import { readBlob } from "./blobs.ts";
import { readCommit, readRefCommit } from "./commits.ts";
import type { Permission } from "../../core/permission.ts";
import type { Connect } from "./connection.ts";
import { pushCommit } from "./push.ts";
import { nothingSeen, notThere, readAbout, readRef, type Ref, type Remote, type Seen } from "./remote.ts";
import { githubTree, listEntries } from "./tree.ts";

/** Returns Git by GitHub's API: no `git`, no clone, and commits that GitHub signs for an App. `stop` ends all but a push with a signal. */
export function createGithubGit(connect: Connect, stop: AbortSignal): ApiGit {
  const seen = new Map<string, Seen>();
  const remoteOf = async (repository: Repository, permission: Permission = "contents:read", signal = stop): Promise<Remote> => {
    const connection = await connect(`read ${formatRepository(repository)}`, repository, [permission]);
    const shared = seen.get(connection.name) ?? nothingSeen();
    seen.set(connection.name, shared);
    return { ...connection, at: { ...connection.at, request: { signal } }, seen: shared };
  };
  return {
    resolve: async (repository, ref) => await resolve(await remoteOf(repository), ref),
    async open(repository, branch) {
      const remote = await remoteOf(repository);
      const name = branch ?? (await readAbout(remote)).defaultBranch;
      const checkout = await openBranch(remote, name);
      if (checkout !== undefined) return checkout;
      throw branch === undefined
        ? notThere(remote, "the default branch", "name a branch")
        : notThere(remote, `branch ${name}`, "name a branch of this repository");
    },
    entries: async (repository, sha) => await readEntries({ ...(await remoteOf(repository)), seen: nothingSeen() }, sha),
    openIfThere: async (repository, branch) => await openBranch(await remoteOf(repository), branch),
    async tree(repository, sha) {
      const remote = await remoteOf(repository);
      return githubTree(remote, (await readCommit(remote, sha, describe(remote, sha))).tree);
    },
    checkPush: async (repository) => {
      const remote = await remoteOf(repository, "contents:write");
      if ((await readAbout(remote)).mayPush !== false || remote.isInstallation) return;
      throw new FairleadError("forbidden", `push to ${remote.name}: the token may only read`, {
        hint: "give the token write access to the repository's contents, or name another",
      });
    },
    push: async (change, signal) => await pushCommit(await remoteOf(change.repository, "contents:write", signal), change),
  };
}

/** Each blob is let go when it was read: all of a repository may be much. */
async function readEntries(remote: Remote, sha: string): Promise<readonly CommitEntry[]> {
  const { tree } = await readCommit(remote, sha, describe(remote, sha));
  const entries = (await listEntries(remote, tree, () => true)).filter(({ type }) => type !== "tree");
  return entries.map((entry) => ({
    ...entry,
    read: async () => {
      const bytes = await readBlob(remote, entry);
      remote.seen.blobs.delete(entry.sha);
      return bytes;
    },
  }));
}

async function openBranch(remote: Remote, branch: string): Promise<Checkout | undefined> {
  const ref = await readRef(remote, `refs/heads/${branch}`);
  if (ref === undefined) return undefined;
  const { tree, parents, ...commit } = await readRefCommit(remote, ref, describe(remote, branch));
  return { branch, commit, parents, tree: githubTree(remote, tree) };
}

function describe({ name }: Remote, ref: string | undefined): string {
  return ref === undefined ? `read ${name}` : `find ${ref} in ${name}`;
}

/** Returns the commit of a reference as a person wrote it. A branch and a tag of one name must be the same commit. */
async function resolve(remote: Remote, ref: string | undefined): Promise<Commit> {
  const doing = describe(remote, ref);
  if (ref !== undefined && /^[0-9a-f]{40}$/i.test(ref)) return withoutTree(await readCommit(remote, ref.toLowerCase(), doing));
  const [first, second] = await readRefs(remote, ref);
  if (first === undefined) {
    throw ref === undefined
      ? notThere(remote, "a commit")
      : notThere(remote, ref, "name a branch, a tag, or a commit by its full SHA of 40 digits");
  }
  const commit = await readRefCommit(remote, first, doing);
  if (second !== undefined && commit.sha !== (await readRefCommit(remote, second, doing)).sha) {
    throw new FairleadError("input", `${doing}: it is a branch and a tag, and they differ`, {
      hint: `write ${first.name} or ${second.name}`,
    });
  }
  return withoutTree(commit);
}

async function readRefs(remote: Remote, ref: string | undefined): Promise<readonly Ref[]> {
  const branch = async (): Promise<string> => `refs/heads/${(await readAbout(remote)).defaultBranch}`;
  const names = ref === undefined ? [await branch()] : ref.startsWith("refs/") ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const found = await Promise.all(names.map(async (name) => await readRef(remote, name)));
  return found.filter((each) => each !== undefined);
}

function withoutTree({ sha, date }: Commit): Commit {
  return { sha, date };
}
