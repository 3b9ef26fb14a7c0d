import { createHash } from "node:crypto";
import type { Context } from "../core/context.ts";
import { unifiedDiff } from "../core/diff.ts";
import type { Checkout } from "../core/git.ts";
import { formatImage, unknownDigest, type ImageRef } from "../core/image.ts";
import { editImage, type ManifestChange, type ManifestEdit } from "../core/manifest/edit-image.ts";
import { formatRepository, type Repository } from "../core/repository.ts";
import { unchanged, type Step } from "../core/step.ts";
import { treeBelow } from "../core/tree.ts";

/** The edit that a branch of the Flux repository should hold. */
export interface PushBranchInput {
  readonly repository: Repository;
  /** The branch that Flux applies; undefined: the default branch. */
  readonly base: string | undefined;
  /** The folder in which manifests are searched, without slashes at its ends; empty for all. */
  readonly folder: string;
  /** One object or path of it, as `Kind/namespace/name#path`. */
  readonly only: string | undefined;
  readonly image: ImageRef;
}

/** The branch that holds the edit; `null` where the base holds it already. */
export type PushedBranch = {
  readonly base: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly changes: readonly ManifestChange[];
};

/** Commits the image to the manifests on a branch of its own, and pushes it. The branch's name is the change: the same change finds the same branch. */
export const pushBranch: Step<PushBranchInput, PushedBranch> = {
  name: "push-branch",
  needs: ["contents:write"],
  key({ repository, base, folder, only, image }) {
    const where = [base && `on ${base}`, folder && `in ${folder}`, only && `only ${only}`].filter(Boolean);
    return [formatRepository(repository), ...where, formatImage(image)].join(" ");
  },
  async plan(ctx, input) {
    const checkout = await ctx.git.open(input.repository, input.base);
    const edit = await editBelow(checkout, input);
    const base = checkout.branch;
    if (edit.changes.length === 0) return unchanged({ base, branch: null, commit: checkout.commit.sha, changes: [] }, edit.warnings);
    const branch = branchName(input, base);
    const there = await ctx.git.openIfThere(input.repository, branch);
    if (there !== undefined && (await isUnderWay(ctx, input, checkout, there))) {
      return unchanged({ base, branch, commit: there.commit.sha, changes: edit.changes }, edit.warnings);
    }
    const target = `branch ${formatRepository(input.repository)} ${branch}`;
    const from = there?.commit.sha;
    return {
      changes: [from === undefined ? { target, action: "create" } : { target, action: "update", from }],
      warnings: edit.warnings,
      diff: unifiedDiff(edit.before, edit.files),
      expected: { base, branch, commit: null, changes: edit.changes },
      async apply(signal) {
        const { repository, image } = input;
        const push = {
          repository,
          branch,
          parent: checkout.commit.sha,
          files: edit.files,
          message: commitMessage(image, edit),
          expected: from,
        };
        return { base, branch, commit: await ctx.git.push(push, signal), changes: edit.changes };
      },
    };
  },
};

/** Returns the first line that says what is deployed: for a commit and a pull request. */
export function deployTitle(image: ImageRef): string {
  return `deploy ${image.repository} ${image.tag ?? image.digest ?? ""}`.trimEnd();
}

/** An edit of the whole repository's paths, made below the input's folder. */
async function editBelow({ tree }: Checkout, { folder, only, image }: PushBranchInput): Promise<ManifestEdit> {
  const edit = await editImage(treeBelow(tree, folder), image, only === undefined ? {} : { only });
  if (folder === "") return edit;
  const full = (files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> =>
    new Map([...files].map(([path, bytes]) => [`${folder}/${path}`, bytes]));
  return {
    ...edit,
    files: full(edit.files),
    before: full(edit.before),
    changes: edit.changes.map((each) => ({ ...each, file: `${folder}/${each.file}` })),
  };
}

/**
 * Tells whether a branch of the change is still the change: it holds the edit, and it was made from the base of today or its pull request is
 * open. A branch whose pull request was merged or closed is history, and is made anew.
 */
async function isUnderWay(ctx: Context, input: PushBranchInput, base: Checkout, there: Checkout): Promise<boolean> {
  if ((await editBelow(there, input)).changes.length > 0) return false;
  if (there.parents.includes(base.commit.sha)) return true;
  const query = { repository: input.repository, head: there.branch, base: base.branch };
  return (await ctx.gitProvider(input.repository.host).findPullRequest?.(query)) !== undefined;
}

function branchName(input: PushBranchInput, base: string): string {
  const { folder, only, image } = input;
  const hash = createHash("sha256")
    .update(JSON.stringify([base, folder, only ?? null, formatImage(image)]))
    .digest("hex");
  // A dry run does not know the digest, and so not the name: this one is no branch that there could be.
  const suffix = image.digest === unknownDigest ? "(known after push)" : hash.slice(0, 12);
  return `fairlead/${image.repository.split("/").at(-1)}-${suffix}`;
}

function commitMessage(image: ImageRef, edit: ManifestEdit): string {
  const changes = edit.changes.map(({ file, line, from, to }) => `${file}:${line}: ${from} → ${to}`);
  return [deployTitle(image), "", ...changes, "", `Image: ${formatImage(image)}`, ""].join("\n");
}
