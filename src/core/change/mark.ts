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
  return readMarker(text) !== undefined || text.split(/\r?\n\r?\n/).some(isMark);
}

function isMark(paragraph: string): boolean {
  const lines = paragraph.trim().split(/\r?\n/);
  if (!lines.every((line) => trailer.test(line))) return false;
  const run = lines.find((line) => line.startsWith("Run: "))?.slice("Run: ".length);
  return run !== undefined && (runId.test(run) || lines.some((line) => line.startsWith("Image: ")));
}

/** What GitHub, GitLab, Gitea and Bitbucket write in the first line of a merge of one of our branches. */
const merge = /^Merged? [^\n]{0,500}\bfairlead\/[\w.-]/;

/** Tells whether all commits are fairlead's own, by their messages: at least one bears the mark, and the others merge a branch of ours. */
export function areOurs(messages: readonly string[]): boolean {
  return messages.some(isMarked) && messages.every((message) => isMarked(message) || merge.test(message));
}

/** The words by which a person wants no run of a commit. https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs */
export const skipWords = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"] as const;

/** Tells whether a commit's message wants no run. */
export function wantsNoRun(message: string): boolean {
  const lower = message.toLowerCase();
  return skipWords.some((words) => lower.includes(words)) || /^skip-checks: ?true$/m.test(lower);
}
