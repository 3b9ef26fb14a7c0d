import type { People, Person, Review, WrittenComment } from "../git/people.ts";
import type { Repository } from "../git/repository.ts";
import { cut } from "../text/cut.ts";
import { visible } from "../text/visible.ts";
import { parseCommand, standsFor } from "./command.ts";

/** What somebody has said of a commit, before it is known whether they count. */
export interface Opinion {
  /** `withheld`: somebody has asked for changes. */
  readonly verdict: "approved" | "rejected" | "withheld";
  readonly by: Person | undefined;
  readonly how: "comment" | "review";
  readonly url: string;
  /** The beginning of the commit's SHA that it names, which another commit may have too; undefined: it names the whole one. */
  readonly short?: string;
}

/** Opinions of a commit, and why what else was said is none: a line each. */
export interface Opinions {
  readonly opinions: readonly Opinion[];
  readonly notes: readonly string[];
}

/** Returns what the comments on a pull request say of a commit: `/ok-to-test SHA`, `/approve SHA`, `/reject SHA`. */
export function opinionsIn(comments: readonly WrittenComment[], commit: string): Opinions {
  return split(comments.map((comment) => opinionIn(comment, commit)));
}

function opinionIn({ author, text, isEdited, byProgram, url }: WrittenComment, commit: string): Opinion | string | undefined {
  const command = parseCommand(text);
  if (command === undefined) return undefined;
  const not = (why: string): string => `the comment of ${nameOf(author)} does not count: ${why}`;
  const { verdict, sha, isAlone } = command;
  if (sha === undefined) return not("it names no SHA");
  if (!standsFor(sha, commit)) return not("it names another commit");
  if (verdict === "approved" && !isAlone) return not("the command is not alone on its line");
  if (isEdited) return not("it was edited");
  if (byProgram) return not("a program has written it");
  return { verdict, by: author, how: "comment", url, ...(sha !== commit && { short: sha }) };
}

/**
 * Returns what the reviews of a pull request say of a commit. Of each author the last one counts that says something: a comment says nothing, and a review
 * that was dismissed no more. Who has asked for changes withholds the approval of any commit. No review approves a commit of a fork: GitHub says it is of the
 * newest commit, also where the reviewer has seen the one before.
 */
export function opinionsOf(reviews: readonly Review[], commit: string, isOfFork: boolean): Opinions {
  const said = reviews.filter(({ state }) => state !== "commented" && state !== "pending");
  const last = Map.groupBy(said, ({ author }) => author?.login).values();
  return split([...last].map((ofOne) => opinionOf(ofOne.at(-1)!, commit, isOfFork)));
}

function opinionOf({ author, state, commit: reviewed, url }: Review, commit: string, isOfFork: boolean): Opinion | string {
  const not = (why: string): string => `the review of ${nameOf(author)} does not count: ${why}`;
  if (state === "dismissed") return not("it was dismissed");
  if (state === "changes-requested") return { verdict: "withheld", by: author, how: "review", url };
  if (isOfFork) return not("of a fork's commit, a comment with its SHA does");
  return reviewed === commit ? { verdict: "approved", by: author, how: "review", url } : not("it is of another commit");
}

function split(found: readonly (Opinion | string | undefined)[]): Opinions {
  return {
    opinions: found.filter((each) => typeof each === "object"),
    notes: found.filter((each) => typeof each === "string"),
  };
}

/** Returns how somebody is named in a message. */
export function nameOf(person: Person | undefined): string {
  return person === undefined ? "somebody" : cut(visible(person.login), 50);
}

/** What opinions are read of. */
interface Subject {
  readonly repository: Repository;
  readonly commit: string;
  readonly isOfFork: boolean;
}

/** Returns all that was said of a commit on these pull requests. */
export async function readOpinions(people: People, numbers: readonly number[], subject: Subject): Promise<Opinions> {
  const { repository, commit, isOfFork } = subject;
  const all = await Promise.all(
    numbers.map(async (number) => {
      const [reviews, comments] = await Promise.all([people.reviews(repository, number), people.comments(repository, number)]);
      return [opinionsIn(comments, commit), opinionsOf(reviews, commit, isOfFork)];
    }),
  );
  const found = all.flat();
  return { opinions: found.flatMap(({ opinions }) => opinions), notes: found.flatMap(({ notes }) => notes) };
}
