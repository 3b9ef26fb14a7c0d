// The rows of a comment as a hidden line of it. Whoever may edit the comment may write there what they like: what has not the form is left out.
import type { Json } from "../../core/json.ts";
import { rowLimits, type News, type NewsCommit, type Row, type RowImage, type RowLink } from "./row.ts";

/** The first line of the comment, by which it is found. */
export const marker = "<!-- fairlead:deployments -->";

/** The most rows: of more, the oldest runs' are left out. */
export const mostRows = 20;

/** Returns the line that `readRows` reads, the same for rows that say the same. Nothing in it ends the HTML comment, or is anything to Markdown. */
export function formatRows(rows: readonly Row[]): string {
  const unicode = (letter: string): string => String.raw`\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `<!-- fairlead:rows ${JSON.stringify(listOf(rows as unknown as Json, mostRows, toRow)).replace(/[<>&@-]/g, unicode)} -->`;
}

/** Returns the rows of a comment's body, at most `mostRows`; none where it has none that can be read. */
export function readRows(body: string): readonly Row[] {
  const [, json = "[]"] = /^<!-- fairlead:rows (\[.*\]) -->\r?$/m.exec(body) ?? [];
  return listOf(parse(json), mostRows, toRow);
}

function parse(json: string): Json {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return [];
  }
}

function toRow(value: Fields): Row | undefined {
  const { key, route, run, at, url, state, images, pull, news } = value;
  if (!isText(key) || !isText(run) || !isText(state) || typeof at !== "number" || !Number.isSafeInteger(at)) return undefined;
  const [link = null] = listOf([pull ?? null], 1, toLink);
  return {
    ...{ key, run, at, state },
    route: isText(route) ? route : null,
    url: isText(url) ? url : null,
    images: listOf(images, rowLimits.images, toImage),
    pull: link,
    news: listOf(news, rowLimits.news, toNews),
  };
}

function toImage({ image, digest }: Fields): RowImage | undefined {
  return isText(image) ? { image, digest: isText(digest) ? digest : null } : undefined;
}

function toLink({ text, url }: Fields): RowLink | undefined {
  return isText(text) && isText(url) ? { text, url } : undefined;
}

function toNews({ since, compare, total, commits, pullRequests, tickets }: Fields): News | undefined {
  if (!isText(since) || typeof total !== "number" || !Number.isSafeInteger(total)) return undefined;
  return {
    ...{ since, total },
    compare: isText(compare) ? compare : null,
    commits: listOf(commits, rowLimits.commits, toCommit),
    pullRequests: itemsOf(pullRequests)
      .filter((each) => Number.isSafeInteger(each) && Number(each) > 0)
      .slice(0, rowLimits.numbers) as number[],
    tickets: itemsOf(tickets)
      .filter((each) => isText(each) && /^[A-Z][A-Z0-9]+-\d+$/.test(each))
      .slice(0, rowLimits.numbers) as string[],
  };
}

function toCommit({ sha, subject, author }: Fields): NewsCommit | undefined {
  return isText(sha) && isText(subject) && isText(author) ? { sha, subject, author } : undefined;
}

type Fields = Readonly<Record<string, Json | undefined>>;

function listOf<T>(value: Json | undefined, most: number, read: (fields: Fields) => T | undefined): readonly T[] {
  return itemsOf(value)
    .slice(0, most)
    .flatMap((each) => (typeof each === "object" && each !== null && !Array.isArray(each) ? [read(each as Fields)] : []))
    .filter((each) => each !== undefined);
}

function itemsOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** No text of ours is longer, or has a line end. */
function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "" && value.length <= rowLimits.text && !/[\r\n]/.test(value);
}
