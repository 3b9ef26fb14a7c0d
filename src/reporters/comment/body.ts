import { markdownCell, markdownCode, markdownLink, markdownText } from "../../core/text/markdown.ts";
import { formatRows, marker } from "./record.ts";
import type { News, Row } from "./row.ts";

/** GitHub takes no longer comment. */
const longestBody = 65_536;
/** The most commits of a list, tried in turn until the comment is short enough. */
const commitLimits = [20, 10, 5, 1, 0] as const;

/** Returns the comment of these rows. Where it would be too long, commits are left out first, then all that is new, then the rows of the oldest runs. */
export function formatBody(rows: readonly Row[]): string {
  const whole = commitLimits.values().map((most) => bodyOf(rows.map((row) => withCommits(row, most))));
  const fitting = whole.find((body) => body.length <= longestBody);
  if (fitting !== undefined) return fitting;
  const plain = bodyOf(rows.map((row) => ({ ...row, news: [] })));
  return plain.length <= longestBody ? plain : formatBody(withoutOldest(rows));
}

/** Returns the rows without that of the oldest run. */
export function withoutOldest(rows: readonly Row[]): readonly Row[] {
  const oldest = Math.min(...rows.map(({ at }) => at));
  const index = rows.findIndex(({ at }) => at === oldest);
  return rows.toSpliced(index, 1);
}

function withCommits(row: Row, most: number): Row {
  return { ...row, news: row.news.map((news) => ({ ...news, commits: news.commits.slice(0, most) })) };
}

function bodyOf(rows: readonly Row[]): string {
  const table = [
    "| where | image | digest | state | pull request |",
    "|---|---|---|---|---|",
    ...rows.flatMap((row) => tableRows(row, nameOf(row, rows))),
  ];
  const news = rows.flatMap((row) => newsLines(row, nameOf(row, rows)));
  return [marker, "", ...table, "", ...news, formatRows(rows)].join("\n");
}

/** Returns `staging`; `staging (api)` where several applications go there. */
function nameOf({ key, route }: Row, rows: readonly Row[]): string {
  const isShared = rows.filter((each) => each.key === key).length > 1;
  return isShared && route !== null && route !== key ? `${key} (${route})` : key;
}

function tableRows({ url, state, images, pull }: Row, name: string): readonly string[] {
  const where = url === null ? markdownText(name) : markdownLink(name, url);
  const change = pull === null ? "" : markdownLink(pull.text, pull.url);
  const cells =
    images.length === 0 ? [["", ""] as const] : images.map(({ image, digest }) => [markdownCell(image), shortDigest(digest)] as const);
  return cells.map((cell) => `| ${[where, ...cell, markdownText(state), change].join(" | ")} |`);
}

function shortDigest(digest: string | null): string {
  return digest === null ? "" : markdownCell(digest.slice(0, "sha256:".length + 12));
}

function newsLines({ news }: Row, name: string): readonly string[] {
  return news.flatMap((each) => [headOf(name, each), "", ...commitLines(each), ...summaryLines(each)]);
}

function headOf(name: string, { since, total, compare }: News): string {
  const count = `${total} ${total === 1 ? "commit" : "commits"} since ${markdownCode(since)}`;
  return `**${markdownText(name)}**: ${count}${compare === null ? "" : `, ${markdownLink("compare", compare)}`}`;
}

function commitLines({ commits, total }: News): readonly string[] {
  const lines = commits.map(({ sha, subject, author }) => `- ${markdownCode(sha)} ${markdownText(subject)} (${markdownText(author)})`);
  const left = total - commits.length;
  return [...lines, ...(left > 0 ? [`- and ${left} more`] : []), ""];
}

function summaryLines({ pullRequests, tickets }: News): readonly string[] {
  const lists = [
    ...(pullRequests.length === 0 ? [] : [`Pull requests: ${pullRequests.map((each) => `#${each}`).join(", ")}`]),
    ...(tickets.length === 0 ? [] : [`Tickets: ${tickets.join(", ")}`]),
  ];
  return lists.flatMap((line) => [line, ""]);
}
