/** https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch and #updaterefs */
import { rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { git, tryGit } from "../bare.ts";
import { findType } from "./commits.ts";
import { findBranch, followBranches, isAncestor } from "./following.ts";
import { viewObject } from "./graphql-objects.ts";
import { writeCommit } from "./objects.ts";
import type { Call } from "./route.ts";
import { findViolation } from "./rules.ts";
import { refuseMutation } from "./schema.ts";
import type { Repository } from "./state.ts";

interface CreateCommitInput {
  readonly branch: { readonly repositoryNameWithOwner?: string; readonly branchName?: string };
  readonly expectedHeadOid: string;
  readonly message: { readonly headline: string; readonly body?: string };
  readonly fileChanges?: {
    readonly additions?: readonly { readonly path: string; readonly contents: string }[];
    readonly deletions?: readonly { readonly path: string }[];
  };
}

/**
 * Appends a commit to a branch, signed by GitHub. Every written file becomes a regular one without the executable mode.
 */
export async function createCommitOnBranch(call: Call, repository: Repository, input: CreateCommitInput): Promise<object> {
  const { expectedHeadOid: expected, message, fileChanges = {} } = input;
  const ref = `refs/heads/${(input.branch.branchName ?? "").replace(/^refs\/heads\//, "")}`;
  const head = await findBranch(repository, ref.slice("refs/heads/".length));
  if (head === undefined) throw refuseMutation("NOT_FOUND", `Could not resolve to a branch with the name '${input.branch.branchName}'.`);
  const stale = refuseMutation("STALE_DATA", `Expected branch to point to "${expected}" but it did not.  Pull and try again.`);
  if (head !== expected) throw stale;
  const violation = findViolation(repository, ref);
  if (violation !== undefined) throw refuseMutation("UNPROCESSABLE", violation);
  const tree = await changeTree(repository, head, fileChanges);
  const text = message.body ? `${message.headline}\n\n${message.body}` : message.headline;
  const oid = await writeCommit(repository, { message: text, tree, parents: [head] }, call.login, true);
  if ((await tryGit(repository.folder, ["update-ref", ref, oid, head])) === undefined) throw stale;
  await followBranches(repository);
  return { clientMutationId: null, commit: await viewObject(repository, oid) };
}

async function changeTree({ folder }: Repository, head: string, changes: NonNullable<CreateCommitInput["fileChanges"]>): Promise<string> {
  const { additions = [], deletions = [] } = changes;
  const paths = [...additions, ...deletions].map(({ path }) => path);
  if (new Set(paths).size < paths.length || paths.some((path) => /^\/|\/$|\/\/|^$/.test(path)))
    throw refuseMutation("UNPROCESSABLE", "A path was requested twice, or is malformed.");
  const env = { GIT_INDEX_FILE: join(folder, `index-${randomUUID()}`) };
  try {
    await git(folder, ["read-tree", head], { env });
    for (const { path, contents } of additions) {
      const input = Buffer.from(contents, "base64");
      if (input.toString("base64") !== contents) throw refuseMutation("UNPROCESSABLE", `The contents of ${path} are not base64.`);
      const blob = await git(folder, ["hash-object", "-w", "--stdin"], { input });
      await git(folder, ["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`], { env });
    }
    for (const { path } of deletions) await git(folder, ["update-index", "--force-remove", "--", path], { env });
    return await git(folder, ["write-tree"], { env });
  } finally {
    await rm(env.GIT_INDEX_FILE, { force: true });
  }
}

interface RefUpdate {
  readonly name: string;
  readonly beforeOid?: string;
  readonly afterOid: string;
  readonly force: boolean;
}

const none = "0".repeat(40);

/** Updates all references or none. 40 zeros stand for a missing reference. */
export async function updateRefs(repository: Repository, input: { readonly refUpdates: readonly RefUpdate[] }): Promise<object> {
  for (const update of input.refUpdates) await checkUpdate(repository, update);
  const lines = input.refUpdates.map(({ name, beforeOid, afterOid }) => `update ${name} ${afterOid}${beforeOid ? ` ${beforeOid}` : ""}\n`);
  const moved = await tryGit(repository.folder, ["update-ref", "--stdin"], { input: lines.join("") });
  if (moved === undefined) throw refuseMutation("UNPROCESSABLE", "Reference cannot be updated");
  await followBranches(repository);
  return { clientMutationId: null };
}

async function checkUpdate(repository: Repository, { name, afterOid, force }: RefUpdate): Promise<void> {
  if ((await tryGit(repository.folder, ["check-ref-format", name])) === undefined || !name.startsWith("refs/"))
    throw refuseMutation("UNPROCESSABLE", `${name} is not a valid ref name.`);
  const violation = findViolation(repository, name);
  if (violation !== undefined) throw refuseMutation("UNPROCESSABLE", violation);
  if (afterOid === none) return;
  if ((await findType(repository, afterOid)) === undefined) throw refuseMutation("UNPROCESSABLE", "Object does not exist");
  const before = await tryGit(repository.folder, ["rev-parse", "-q", "--verify", name]);
  if (before !== undefined && !force && !(await isAncestor(repository, before, afterOid)))
    throw refuseMutation("UNPROCESSABLE", "Update is not a fast forward");
}
