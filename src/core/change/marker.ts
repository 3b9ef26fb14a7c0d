import type { PullRequest } from "../git/provider.ts";
import { branchPrefix } from "./identity.ts";

/** The record that fairlead keeps in a hidden line of a pull request's body: its change, and the commit made for it. */
export interface PullRequestMarker {
  readonly change: string;
  /** The ids of what the change sets, at least one, each with those of its wider targets: see `targetIds`. */
  readonly targets: readonly string[];
  /** The edit that the commit holds: see `editId`. */
  readonly edit: string;
  /** The commit that was pushed. While it is the head, the branch holds nothing of anybody else. Undefined where that cannot be known. */
  readonly commit: string | undefined;
  /** The run that wrote the words of the pull request. */
  readonly run: string;
  /** The pull request in favour of which it was closed, or `base`: the base branch had what was asked for last. */
  readonly supersededBy: number | "base" | undefined;
}

/** One whole line. A body with two of them was made by somebody else. */
const line =
  /^<!-- fairlead change=([0-9a-f]{12}) target=([0-9a-f]{12}(?:[,/][0-9a-f]{12}){0,999}) edit=([0-9a-f]{12}) commit=([0-9a-f]{40}|none) run=([\w.!'()*%~-]{1,200})(?: superseded-by=(base|[1-9]\d{0,9}))? -->\r?$/gm;

/** Returns the line that `readMarker` reads. */
export function formatMarker({ change, targets, edit, commit, run, supersededBy }: PullRequestMarker): string {
  const fields = {
    change,
    target: targets.join(","),
    edit,
    commit: commit ?? "none",
    run: encodeURIComponent(run),
    "superseded-by": supersededBy,
  };
  const written = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return `<!-- fairlead ${written.join(" ")} -->`;
}

/** Returns the marker of a body; undefined when there is none, or more than one. */
export function readMarker(body: string): PullRequestMarker | undefined {
  const [found, second] = body.matchAll(line);
  if (found === undefined || second !== undefined) return undefined;
  const [, change = "", targets = "", edit = "", commit = "", run = "", by] = found;
  return {
    change,
    targets: targets.split(","),
    edit,
    commit: commit === "none" ? undefined : commit,
    run: decodeRun(run),
    supersededBy: by === undefined || by === "base" ? by : Number(by),
  };
}

/** Returns a body with its marker below our words, and below that what somebody has written after the marker of the body before. */
export function markedBody(words: string, marker: PullRequestMarker, before = ""): string {
  return `${words.trimEnd()}\n\n${formatMarker(marker)}\n${textAfterMarker(before)}`;
}

/** Returns a body with this marker at its end, and no other. */
export function markedAgain(body: string, marker: PullRequestMarker): string {
  return markedBody(body.replace(line, ""), marker);
}

/** Returns the body of a pull request that was closed in favour of another, or of the base: as it is, but for its marker. */
export function supersededBody(body: string, by: number | "base"): string {
  return body.replace(line, (written) => formatMarker({ ...readMarker(written)!, supersededBy: by }));
}

/** Tells whether a pull request is one that fairlead opened: by its branch, which is none of a fork's, and by its marker, which fits the branch. */
export function isOurs({ head, fork, body }: PullRequest): boolean {
  const marker = readMarker(body);
  return !fork && marker !== undefined && head.startsWith(branchPrefix) && head.endsWith(`-${marker.change}`);
}

/** Tells whether the head is the commit that fairlead pushed, and so the branch has no work of anybody else. */
export function isUntouched({ body, commit }: PullRequest): boolean {
  return readMarker(body)?.commit === commit;
}

function textAfterMarker(body: string): string {
  const [found] = body.matchAll(line);
  return found === undefined ? "" : body.slice(found.index + found[0].length).replace(/^\r?\n/, "");
}

function decodeRun(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
