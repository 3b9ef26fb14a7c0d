/** What GitHub shows of the runs of a commit. */
import type { GitHub } from "../../test/doubles/github.ts";
import { application } from "./repositories.ts";

/** A name and a text, which may have several lines. */
export type Row = readonly [string, string];

/** Returns the status, the deployment and the comment of a commit; all of them where there are several. */
export function reportsOf(github: GitHub, commit: string): readonly Row[] {
  const statuses = new Map(github.statuses(application, commit).map((each) => [each.context, each])); // the last of each context counts
  return [
    ...[...statuses.values()].map(({ context, state, description }): Row => ["status", `${context}: ${state}\n${description}`]),
    ...deploymentsOf(github, commit).map(({ environment, statuses: states, urls: [page] }): Row => {
      return ["deployment", [environment, ...states, page].filter(Boolean).join("\n")];
    }),
    ...commentsOf(github, commit).map(({ number, body }): Row => ["comment", `on ${application}#${number}\n${visible(body)}`]),
  ];
}

/** Tells whether a commit has one deployment and one comment, however often it was reported. */
export function isToldOnce(github: GitHub, commit: string): boolean {
  return deploymentsOf(github, commit).length === 1 && commentsOf(github, commit).length === 1;
}

function deploymentsOf(github: GitHub, commit: string): ReturnType<GitHub["deployments"]> {
  return github.deployments(application).filter(({ sha }) => sha === commit);
}

function commentsOf(github: GitHub, commit: string): readonly { readonly number: number; readonly body: string }[] {
  const merged = github.pulls(application).filter(({ mergeCommitSha }) => mergeCommitSha === commit);
  return merged.flatMap(({ number }) => github.comments(application, number).map((body) => ({ number, body })));
}

/** Returns a comment as its page shows it, as far as a terminal can: without hidden lines, addresses of links and escapes. */
function visible(body: string): string {
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("<!--"));
  const text = lines.join("\n").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return text.replaceAll("\u200B", "").replace(/\\([^\w\s])/g, "$1");
}
