import { FairleadError } from "../core/errors.ts";
import type { GitProvider } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { MadeStatus, NewStatus, StatusHistory, Statuses } from "../core/git/statuses.ts";
import type { Environment, Reporter, RunView, Subject } from "../core/reporter.ts";
import { ascii, basic } from "../core/text/basic.ts";
import { cut } from "../core/text/cut.ts";
import { author, newest, type Author } from "./author.ts";
import { isFuture } from "./future.ts";
import { orPlain } from "./plain.ts";
import { contextOf, headlineOf, oneLine, pageOf, verdictOf, type Verdict } from "./words.ts";

/** A rule of a branch takes `success` alone, so what has not built its commit is none; `skipped` is, as nothing was to be done. */
const states: Readonly<Record<Verdict, NewStatus["state"]>> = {
  queued: "pending",
  running: "pending",
  success: "success",
  failure: "failure",
  canceled: "error",
  superseded: "error",
  skipped: "success",
};

/** GitHub takes no more than 255. */
const longestContext = 200;

/** How often a report looks again for those of other runs that came meanwhile. */
const attempts = 3;

/** Shows a run as a status of its commit. */
export const status: Reporter = {
  name: "status",
  needs: ["statuses:write"],
  async report(ctx, subject, view) {
    const { repository, commit, environment } = subject;
    const statuses = requireStatuses(ctx.gitProvider(repository.host), repository);
    const context = nameOf(view, environment);
    const mine = ownOf(context, statuses, subject, view);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const history = await statuses.history(repository, commit, context);
      const judge = (own: readonly MadeStatus[]): Decision => decide(history, own, mine, ctx.now());
      const { wanted, isAlone } = judgeAlike(history, judge) ?? judge(await statuses.own(repository, history.newest));
      if (wanted === "theirs") return ctx.report({ type: "notice", message: whose(history, context, repository) });
      if (wanted === undefined || (history.nearlyFull && wanted.state === "pending")) return;
      const set = (one: NewStatus) => (): Promise<void> => statuses.set(repository, commit, one);
      await (wanted === mine.status ? orPlain(set(wanted), set(mine.plain)) : set(wanted)());
      if (wanted.state === "pending" || isAlone) return;
    }
  },
};

/** A name is told from others by all its letters, so none is left out. */
function nameOf(view: RunView, environment: Environment | undefined): string {
  return cut(
    basic(contextOf(view, environment), (letter) => [...letter].map((one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ""}}`).join("")),
    longestContext,
  );
}

/** The status of a run, and the one that is set where the server refuses its text. */
interface Own {
  readonly by: Author;
  readonly status: NewStatus;
  readonly plain: NewStatus;
}

function ownOf(context: string, { longest }: Statuses, { run, url }: Subject, view: RunView): Own {
  const by = author.of(run, view.createdAt);
  const end = author.format(by);
  const words = oneLine(basic(headlineOf(view)), longest - end.length);
  const about = { context, state: states[verdictOf(view)] };
  return {
    by,
    status: { ...about, description: `${words}${end}`, url: pageOf(url, view) },
    plain: { ...about, description: `${ascii(words)}${end}`, url: undefined },
  };
}

/** A status that a run of ours has set. */
interface Authored {
  readonly by: Author;
  readonly status: MadeStatus;
}

/** What is to be done with a history. */
interface Decision {
  readonly wanted: ReturnType<typeof nextStatus>;
  /** True if no other run has reported. Else another may report right now: an end that is overtaken is looked at again. */
  readonly isAlone: boolean;
}

/** Decides by those statuses that we have set ourselves: the end of a description is text, which anybody may write. */
function decide(history: StatusHistory, own: readonly MadeStatus[], mine: Own, now: Date): Decision {
  const authored = own.flatMap((status) => {
    const by = author.parse(status.description);
    return by === undefined || isFuture(by.at, now) ? [] : [{ by, status }];
  });
  return { wanted: nextStatus(history, authored, mine), isAlone: authored.every(({ by }) => author.same(by, mine.by)) };
}

/**
 * Returns what is to be done, where that is the same whether we have set all statuses or none: then nobody is asked who we are. Undefined where it is not, or
 * where several have set them.
 */
function judgeAlike({ newest: all }: StatusHistory, judge: (own: readonly MadeStatus[]) => Decision): Decision | undefined {
  if (new Set(all.map(({ creator }) => creator)).size > 1) return undefined;
  const [ours, theirs] = [judge(all), judge([])];
  return ours.wanted === theirs.wanted && ours.isAlone === theirs.isAlone ? ours : undefined;
}

/**
 * Returns the status that the context should have: that of the newest run, which is not always the one that reports last. Undefined where it has it.
 * What somebody else has set since that run reported stands until a newer run reports.
 */
function nextStatus({ newest: [top] }: StatusHistory, authored: readonly Authored[], mine: Own): NewStatus | "theirs" | undefined {
  const latest = newest([mine.by, ...authored.map(({ by }) => by)]);
  const theirs = authored.find(({ by }) => author.same(by, latest))?.status;
  const isForeign = top !== undefined && top !== authored[0]?.status;
  if (isForeign && theirs !== undefined) return "theirs";
  const isMine = author.same(latest, mine.by);
  const wanted = isMine ? mine.status : theirs;
  if (top === undefined || isForeign || wanted === undefined) return wanted;
  return isSame(top, wanted) || (isMine && isSame(top, mine.plain)) ? undefined : wanted;
}

function isSame(a: NewStatus, b: NewStatus): boolean {
  return a.state === b.state && a.description === b.description && a.url === b.url;
}

function whose({ newest: [top] }: StatusHistory, context: string, repository: Repository): string {
  return `status ${context} of ${formatRepository(repository)} is left as it is: ${top?.creator ?? "somebody else"} has set it`;
}

function requireStatuses({ name, statuses }: GitProvider, repository: Repository): Statuses {
  if (statuses !== undefined) return statuses;
  throw new FairleadError("unsupported", `set status in ${formatRepository(repository)}: ${name} cannot do this`);
}
