import { mapLimited } from "../core/limit.ts";
import { FairleadError } from "../core/errors.ts";
import type { ChangedReference, ProposedChange } from "../core/change/change.ts";
import { branchPrefix } from "../core/change/identity.ts";
import { isOurs } from "../core/change/marker.ts";
import { recoverMarker } from "../core/change/recover.ts";
import { hasOthersWork, mayClose, meetOpen, setsOther, type NewerChange } from "../core/change/replace.ts";
import { readUndoing, type Undoing } from "../core/change/undo.ts";
import { type ProposedBranch, type ProposedFiles, type PullRequest, type PullRequests, requirePullRequests } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { Context } from "../core/run/step.ts";

/** The change with which open pull requests are compared. */
export interface ComparedChange {
  readonly repository: Repository;
  readonly base: string;
  /** The branch of its pull request; `null`: it has none, since the base has the change. */
  readonly head: string | null;
  /** Its edit, the references of the base that it changes, and the files of the base that hold what it sets. */
  readonly edit: ProposedChange["edit"];
  readonly changes: readonly ChangedReference[];
  readonly holding: readonly string[];
}

/** The open pull requests to the base. */
export interface OpenPullRequests {
  readonly pulls: PullRequests;
  readonly open: readonly PullRequest[];
}

/** A commit to the base needs no pull requests: where there are none, or they may not be read, the rest is done all the same. */
export async function readOpen(
  ctx: Context,
  { repository, base, head }: ComparedChange,
): Promise<OpenPullRequests | { readonly warnings: readonly string[] }> {
  try {
    const pulls = requirePullRequests(ctx.gitProvider(repository.host), repository);
    return { pulls, open: await pulls.list({ repository, base, state: "open" }) };
  } catch (error) {
    if (head !== null || !(error instanceof FairleadError)) throw error;
    if (error.code === "unsupported") return { warnings: [] };
    if (error.code !== "forbidden" && error.code !== "unauthenticated" && error.code !== "not_found") throw error;
    return { warnings: [`older pull requests may be open, and would set the change back when they are merged: ${error.message}`] };
  }
}

/** Returns fairlead's branches. A deployment that is done does not fail because of what another run has left. */
export async function readBranches(
  ctx: Context,
  repository: Repository,
): Promise<{ readonly branches: readonly ProposedBranch[]; readonly warnings: readonly string[] }> {
  try {
    return { branches: (await ctx.gitProvider(repository.host).branches?.list(repository, branchPrefix)) ?? [], warnings: [] };
  } catch (error) {
    return { branches: [], warnings: [`branches of runs that were stopped may be left: ${messageOf(error)}`] };
  }
}

/** The pull requests that a change closes, and the numbers of those that may undo it and stay. */
interface Met {
  readonly replaced: readonly PullRequest[];
  readonly left: readonly number[];
  readonly warnings: readonly string[];
}

/** Compares a change with all open pull requests: by what they say of themselves, and the others by what they edit. */
export async function meetAll(
  ctx: Context,
  { pulls, open }: OpenPullRequests,
  input: ComparedChange,
  newer: NewerChange,
  branches: readonly ProposedBranch[],
): Promise<Met> {
  const known = open.map((pull) => recoverMarker(pull, branches));
  const { replaced, left, undecided } = meetOpen(known, newer);
  const read = await readFiles(ctx, pulls, input, newer, [...undecided, ...left.filter((pull) => mayClose(pull, newer))]);
  const closed = [...replaced, ...read.replaced];
  const staying = [...left.filter((pull) => !closed.includes(pull)), ...read.left];
  return {
    replaced: known.filter((pull) => closed.includes(pull)),
    left: known.filter((pull) => staying.includes(pull)).map(({ number }) => number),
    warnings: [...known.filter((pull) => staying.includes(pull)).map((pull) => leftWarning(pull, newer, input)), ...read.warnings],
  };
}

/** The most pull requests whose files are read, the newest first, and how many at once. */
const mostRead = 20;
const readsAtOnce = 4;

/** What was found in the files of pull requests. */
interface Read {
  readonly replaced: readonly PullRequest[];
  readonly left: readonly PullRequest[];
  readonly warnings: readonly string[];
}

async function readFiles(
  ctx: Context,
  pulls: PullRequests,
  input: ComparedChange,
  newer: NewerChange,
  which: readonly PullRequest[],
): Promise<Read> {
  if (which.length === 0) return { replaced: [], left: [], warnings: [] };
  try {
    const files = await pulls.files(input.repository, input.base);
    const near = which.flatMap((pull) => {
      const theirs = files.get(pull.number);
      return theirs !== undefined && isNear(pull, theirs, newer, input.holding) ? [{ pull, theirs }] : [];
    });
    const question = { ...input, git: ctx.git, breathe: ctx.breathe };
    const read = await mapLimited(readsAtOnce, near.slice(0, mostRead), async ({ pull, theirs }) => ({
      pull,
      does: await readUndoing(pull, theirs, question),
    }));
    return sorted(read, near.slice(mostRead), newer);
  } catch (error) {
    return {
      replaced: [],
      left: [],
      warnings: [`other open pull requests may set the change back when they are merged: ${messageOf(error)}`],
    };
  }
}

/** Whose base was changed says of itself what it set on another. */
function isNear(pull: PullRequest, { paths, isWhole, retargeted }: ProposedFiles, newer: NewerChange, holding: readonly string[]): boolean {
  return (retargeted || !setsOther(pull, newer)) && (!isWhole || paths.some((path) => holding.includes(path)));
}

function sorted(
  read: readonly { readonly pull: PullRequest; readonly does: Undoing }[],
  unread: readonly { readonly pull: PullRequest }[],
  newer: NewerChange,
): Read {
  const replaced = read.filter(({ pull, does }) => does === "all" && mayClose(pull, newer)).map(({ pull }) => pull);
  const numbers = unread.map(({ pull }) => `#${pull.number}`).join(", ");
  return {
    replaced,
    left: read.filter(({ pull, does }) => does !== "nothing" && !replaced.includes(pull)).map(({ pull }) => pull),
    warnings:
      numbers === "" ? [] : [`open pull requests that change the same files were not read, and may set the change back: ${numbers}`],
  };
}

function leftWarning(pull: PullRequest, newer: NewerChange, { repository, base }: ComparedChange): string {
  const name = `pull request ${formatRepository(repository)}#${pull.number} stays open`;
  if (hasOthersWork(pull, newer)) return `${name}: ${base} has what it asks for, and it has commits that are not fairlead's`;
  if (!isOurs(pull))
    return `${name}: it sets some of the same places, and is not fairlead's. If it is merged later, it may set them back: close it, or change it`;
  return `${name}: it sets some of the same places, and others too. If it is merged later, it may set them back: close it, or ask again for all that it sets`;
}

/** Returns what to tell of a failure that keeps nothing else from being done; other errors are thrown. */
function messageOf(error: unknown): string {
  if (!(error instanceof FairleadError) || error.code === "canceled" || error.code === "internal") throw error;
  return error.message;
}
