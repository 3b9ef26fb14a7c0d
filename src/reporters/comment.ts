import { FairleadError } from "../core/errors.ts";
import type { Comment, Comments } from "../core/git/comments.ts";
import type { GitProvider } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { Reporter, RunView, Subject } from "../core/reporter.ts";
import { formatBody, withoutOldest } from "./comment/body.ts";
import { readNews } from "./comment/news.ts";
import { marker, mostRows, readRows } from "./comment/record.ts";
import { replaceRows, sameRows } from "./comment/replace.ts";
import { isTold, rowOf, type OwnRow, type Row } from "./comment/row.ts";

/** One comment on the pull request of the application, edited in place: a row for each application in each environment. A commit that came by none has no comment. */
export const comment: Reporter = {
  name: "comment",
  needs: ["comments:read", "comments:write", "contents:read", "pull-requests:read"],
  async report(ctx, subject, view) {
    const own = rowOf(subject, view);
    if (own === undefined) return;
    const provider = ctx.gitProvider(subject.repository.host);
    const comments = requireComments(provider, subject.repository);
    const number = subject.pullRequest ?? (await findPull(provider, subject));
    if (number !== undefined) await write({ provider, comments, repository: subject.repository, number }, own, view);
  },
};

function requireComments({ name, comments }: GitProvider, repository: Repository): Comments {
  if (comments !== undefined) return comments;
  throw new FairleadError("unsupported", `comment on what is deployed of ${formatRepository(repository)}: ${name} cannot do this`);
}

/** Returns the pull request by which a commit came. */
async function findPull({ commits }: GitProvider, { repository, commit }: Subject): Promise<number | undefined> {
  const [first] = (await commits?.pullRequestsOf(repository, commit)) ?? [];
  return first;
}

interface Thread {
  readonly provider: GitProvider;
  readonly comments: Comments;
  readonly repository: Repository;
  readonly number: number;
}

/** Each writes at most so often, when others write there at the same time: the next report brings what is missing then. */
const mostRounds = 3;

/**
 * Writes the row, and looks again: another process may have written a comment at the same time, or another row into this one. The oldest comment takes the
 * rows of all, and is the one that stays: also where a newer run's row is in it, so that this run has none.
 */
async function write(thread: Thread, own: OwnRow, view: RunView): Promise<void> {
  const { comments, repository, number } = thread;
  for (let round = 0; round < mostRounds; round++) {
    const found = await comments.find(repository, number, marker);
    const merged = mergeRows(found);
    const rows = (await withOwn(merged, own, thread, view)) ?? (found.length > 1 ? merged : undefined);
    if (rows === undefined) return;
    const [first, ...younger] = found;
    const body = formatBody(newestRows(rows));
    if (first === undefined) await comments.write(repository, number, body);
    else if (!isSame(first.body, body)) await comments.edit(repository, first.id, body);
    else {
      for (const each of younger) await comments.delete(repository, each.id);
      return;
    }
  }
}

/** Returns the rows of all comments: of those that take each other's place, that of the newer run. */
function mergeRows([oldest, ...younger]: readonly Comment[]): readonly Row[] {
  const rows = oldest === undefined ? [] : readRows(oldest.body);
  return younger.flatMap(({ body }) => readRows(body)).reduce(withNewer, rows);
}

function withNewer(rows: readonly Row[], row: Row): readonly Row[] {
  const same = sameRows(rows, row);
  return same.every(({ at }) => at < row.at) ? replaceRows(rows, same, row) : rows;
}

/** Returns the rows with that of the run in its place; undefined where there is nothing to write: no row of it, a newer run's, or one that says more. */
async function withOwn(rows: readonly Row[], { row, makes }: OwnRow, thread: Thread, view: RunView): Promise<readonly Row[] | undefined> {
  const same = sameRows(rows, row);
  const own = same.find(({ run }) => run === row.run);
  if (own === undefined && (!makes || same.some((each) => each.at > row.at || isTold(row, each)))) return undefined;
  const news = own === undefined ? await readNews(thread.provider, thread.repository, view.facts.images) : own.news;
  const older = same.filter((each) => each === own || each.at <= row.at);
  return replaceRows(rows, older, { ...row, news });
}

function newestRows(rows: readonly Row[]): readonly Row[] {
  return rows.length > mostRows ? newestRows(withoutOldest(rows)) : rows;
}

function isSame(a: string, b: string): boolean {
  return a.replaceAll("\r\n", "\n").trimEnd() === b.trimEnd();
}
