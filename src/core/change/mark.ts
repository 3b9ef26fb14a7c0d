import { readMarker } from "./marker.ts";

/** A run's id as entry points make it. */
const runId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const trailer = /^[A-Z][\w-]*: \S/;

/**
 * Tells whether a text bears fairlead's mark: the trailers of a commit, an annotated tag or a release, or the hidden line of a pull request, a comment or
 * what was squashed of one. A mark is no proof: whoever may push can write one, and does no more by it than by `[skip ci]`.
 * https://git-scm.com/docs/git-interpret-trailers
 */
export function isMarked(text: string): boolean {
  return readMarker(text) !== undefined || squashedOf(text).every(endsInMark);
}

/** Tells whether a comment is one that fairlead writes, and so nobody's word: it has a hidden line of ours. */
export function isOurComment(text: string): boolean {
  return /^<!-- fairlead[ :]/m.test(text);
}

/** Returns the messages that a squash lists, each after a star, as GitHub, Gitea and Bitbucket do; else the message itself. */
function squashedOf(text: string): readonly string[] {
  const [message = "", ...listed] = text.split(/\r?\n\r?\n\* /);
  return listed.length === 0 ? [message] : listed;
}

/** Only lines and trailers of a provider's may follow the mark: whatever else does is of another commit, of which nobody knows whose it is. */
function endsInMark(message: string): boolean {
  const paragraphs = message.trim().split(/\r?\n\r?\n/);
  const last = paragraphs.findLast((each) => isMark(each) || !(/^-{3,}$/.test(each.trim()) || isTrailers(each)));
  return last !== undefined && isMark(last);
}

function isTrailers(paragraph: string): boolean {
  return paragraph
    .trim()
    .split(/\r?\n/)
    .every((line) => trailer.test(line));
}

function isMark(paragraph: string): boolean {
  if (!isTrailers(paragraph)) return false;
  const lines = paragraph.trim().split(/\r?\n/);
  const run = lines.find((line) => line.startsWith("Run: "))?.slice("Run: ".length);
  return run !== undefined && (runId.test(run) || lines.some((line) => line.startsWith("Image: ")));
}

/**
 * What GitHub, GitLab, Gitea, Bitbucket and Git write in the first line of a merge of one of our branches. GitHub names the owner before the branch, and
 * an owner may be called fairlead.
 */
const merge =
  /^(?:Merge pull request #\d+ from [^/\s]+\/|Merge pull request '[^\n]{0,500}' \(#\d+\) from |Merge (?:remote-tracking )?branch '(?:origin\/)?|Merged in )fairlead\/[\w.-]{1,200}-[0-9a-f]{12}(?![\w.-])/;

/**
 * Whose a commit is, by its message: fairlead's own, a merge of a branch of ours, or somebody's. Of one that names the pull request it comes from, and bears
 * no mark that only that one can have, its pull request has to be asked: its number.
 */
export type CommitOwner = "ours" | "merge" | "other" | { readonly pull: number };

/** Returns whose a commit is, by its message. */
export function ownerOf(message: string): CommitOwner {
  const isDescribed = readMarker(message) !== undefined;
  const isList = squashedOf(message)[0] !== message;
  if (merge.test(message) && (isDescribed || !isList)) return "merge";
  if (!isDescribed && isMarked(message)) return "ours";
  const [, pull] = /^[^\n]*\(#(\d{1,10})\)\s*?(?:\n|$)/.exec(message) ?? [];
  return pull === undefined || (isList && !isDescribed) ? "other" : { pull: Number(pull) };
}

/** Tells whether all commits are fairlead's own, by their messages alone: at least one bears the mark, and the others merge a branch of ours. */
export function areOurs(messages: readonly string[]): boolean {
  const owners = messages.map(ownerOf);
  return owners.includes("ours") && owners.every((each) => each === "ours" || each === "merge");
}

/**
 * The words by which a person wants no run of a commit, at GitHub, GitLab and Azure DevOps.
 * https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
 * https://learn.microsoft.com/en-us/azure/devops/pipelines/repos/azure-repos-git#skipping-ci-for-individual-pushes
 */
export const skipWords = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]", "***no_ci***"] as const;

/** Tells whether a commit's message wants no run. */
export function wantsNoRun(message: string): boolean {
  const lower = message.toLowerCase();
  return skipWords.some((words) => lower.includes(words)) || /^skip-checks: ?true$/m.test(lower);
}
