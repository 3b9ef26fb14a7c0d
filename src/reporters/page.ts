// What a run has come to as Markdown: images, the pull request, the error.
import type { RunView, Subject } from "../core/reporter.ts";
import { cut } from "../core/text/cut.ts";
import { markdownBlock, markdownCell, markdownCode, markdownLink, markdownText } from "../core/text/markdown.ts";
import { headlineOf, pageOf } from "./words.ts";

/** The most images of a table, tried in turn until the page is short enough. */
const rowLimits = [50, 20, 5, 0] as const;
/** The longest error that is shown, in UTF-16 units. */
const longestError = 4_000;

/** Returns a page of at most `limit` UTF-16 units. All text of others in it is shown as it reads. */
export function pageText(subject: Subject, view: RunView, limit: number): string {
  const pages = rowLimits.values().map((rows) => page(subject, view, rows));
  return pages.find((text) => text.length <= limit) ?? cut(markdownText(headlineOf(view)), limit);
}

function page(subject: Subject, view: RunView, rows: number): string {
  const parts = [problem(view), images(view, rows), facts(subject, view)];
  return parts.filter((part) => part !== "").join("\n\n");
}

function problem({ error, state }: RunView): string {
  if (error === undefined || state === "succeeded") return "";
  const { code, message, hint, place } = error;
  const at = place === undefined ? "" : ` at ${markdownCode(`${place.file}:${place.line}`)}`;
  const advice = hint === undefined ? "" : `\n\nTo mend it: ${markdownText(hint, 1_000)}`;
  return `${markdownCode(code)}${at}\n\n${markdownBlock(message, longestError)}${advice}`;
}

function images({ facts: { images: made } }: RunView, most: number): string {
  if (made.length === 0) return "";
  const cellOf = (text: string | undefined): string => (text === undefined ? "" : markdownCell(text));
  const rows = made.slice(0, most).map(({ image, from, source }) => {
    const built = source && `${source.repository}@${source.commit.slice(0, 12)}`;
    return `| ${[image, from, built].map(cellOf).join(" | ")} |`;
  });
  const left = made.length - rows.length;
  return ["| image | before | built from |", "|---|---|---|", ...rows, ...(left === 0 ? [] : [`| and ${left} more | | |`])].join("\n");
}

function facts({ run, commit, environment, url }: Subject, view: RunView): string {
  const { pullRequest } = view.facts;
  const page = pageOf(url, { ...view, facts: { ...view.facts, pullRequest: undefined } });
  const { rollout } = view;
  return [
    ...(environment === undefined ? [] : [`- environment: ${placeOf(environment)}`]),
    ...(pullRequest === undefined
      ? []
      : [`- pull request: ${markdownLink(`${pullRequest.repository}#${pullRequest.number}`, pullRequest.url)}`]),
    ...(rollout === undefined
      ? []
      : [`- rollout: ${rollout.state}${rollout.commit === undefined ? "" : ` at ${markdownCode(rollout.commit)}`}`]),
    ...(rollout?.message === undefined ? [] : [`- Flux says: ${markdownText(rollout.message, 1_000)}`]),
    `- commit: ${markdownCode(commit)}`,
    `- run: ${markdownCode(run)}${page === undefined ? "" : ` (${markdownLink("log", page)})`}`,
  ].join("\n");
}

function placeOf({ name, url }: NonNullable<Subject["environment"]>): string {
  return url === undefined ? markdownText(name) : markdownLink(name, url);
}
