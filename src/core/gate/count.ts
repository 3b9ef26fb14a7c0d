import type { People } from "../git/people.ts";
import type { Repository } from "../git/repository.ts";
import { createJudge, type Approvers } from "./approvers.ts";
import { nameOf, type Opinion } from "./opinions.ts";

/** The opinions of people who count, and why the others do not: a line each. */
export interface Counted {
  readonly counting: readonly Opinion[];
  readonly notes: readonly string[];
}

/** Accounts that are asked for in one look, of those that approve and of those that do not: whoever likes may comment, and each costs requests. */
const mostAccounts = 50;

/**
 * Returns which opinions of a commit count, of the accounts that have said something last. Where more reject it than are asked for, nobody's approval counts: the
 * rejection that does may be among the others.
 */
export async function countOpinions(
  people: People,
  { repository, commit, approvers }: { readonly repository: Repository; readonly commit: string; readonly approvers: Approvers },
  opinions: readonly Opinion[],
): Promise<Counted> {
  const against = newestOf(opinions.filter(({ verdict }) => verdict !== "approved"));
  const inFavor = newestOf(opinions.filter(({ verdict }) => verdict === "approved"));
  const judge = createJudge(people, repository, approvers);
  const fits = createFitting(people, repository, commit);
  const asked = [...inFavor.newest, ...against.newest];
  const judged = await Promise.all(
    asked.map(async (opinion) => ({ opinion, why: (await judge(opinion.by)) ?? (await fits(opinion.short)) })),
  );
  const counting = judged.flatMap(({ opinion, why }) => (why === undefined ? [opinion] : []));
  const notes = judged.flatMap(({ opinion, why }) => (why === undefined ? [] : [notCounted(opinion, why)]));
  if (against.others === 0) return { counting, notes: [...notes, ...leftOut(inFavor.others)] };
  return {
    counting: counting.filter(({ verdict }) => verdict !== "approved"),
    notes: [`more than ${mostAccounts} accounts are against it: decide on the command line`, ...notes],
  };
}

function leftOut(accounts: number): readonly string[] {
  return accounts === 0 ? [] : [`${accounts} accounts are not asked for: those of the newest comments are`];
}

/** Returns the opinions of the accounts that come last, and how many accounts are left out. A program costs no request. */
function newestOf(opinions: readonly Opinion[]): { readonly newest: readonly Opinion[]; readonly others: number } {
  const logins = [...new Set(opinions.toReversed().flatMap(({ by }) => (by === undefined || by.isBot ? [] : [by.login])))];
  const asked = new Set(logins.slice(0, mostAccounts));
  return {
    newest: opinions.filter(({ by }) => by === undefined || by.isBot || asked.has(by.login)),
    others: Math.max(0, logins.length - mostAccounts),
  };
}

/** Returns what tells why a SHA's beginning does not stand for the commit; undefined: it does. Each is asked for once. */
function createFitting(people: People, repository: Repository, commit: string): (short: string | undefined) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  return async (short) => {
    if (short === undefined) return undefined;
    const found = known.get(short) ?? people.commitOf(repository, short);
    known.set(short, found);
    return (await found) === commit ? undefined : "its SHA fits more than one commit";
  };
}

function notCounted({ by, how }: Opinion, why: string): string {
  return `the ${how} of ${nameOf(by)} does not count: ${why}`;
}
